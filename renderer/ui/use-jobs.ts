// Runs work that outlives its screen and keeps how it stands in the store of jobs.
import { UnsmoothError } from '../../contract/errors.ts';
import { useBackend } from '../backend/backend.ts';
import { useJobStore } from '../stores/jobs.ts';
import { useTasks } from '../stores/tasks.ts';

let made = 0;

export function useJobs() {
  const backend = useBackend();
  const store = useJobStore();
  const tasks = useTasks();
  return {
    store,
    /** One at a time about each thing; undefined where it failed, was cancelled or is under way already. The failure is kept in the store. */
    async run<R>(about: string, title: string, work: (task: string) => Promise<R>): Promise<R | undefined> {
      if (store.running.has(about)) return undefined;
      const task = `job-${++made}`;
      store.begin(about, { task, title });
      try {
        const result = await work(task);
        store.end(about);
        return result;
      } catch (e) {
        const error = UnsmoothError.from(e);
        store.end(about, error.code === 'STOPPED' ? undefined : error);
        return undefined;
      } finally {
        tasks.end(task);
      }
    },
    async cancel(about: string): Promise<void> {
      const job = store.running.get(about);
      if (job) await backend.call('tasks.cancel', { task: job.task });
    },
  };
}
