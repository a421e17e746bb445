// Work with a name: its progress as `task` events, and how the window cancels it.
import { UnsmoothError } from '../../contract/errors.ts';
import type { FromWorker, Job, JobResult, ResultOf } from '../../contract/worker-api.ts';
import { startWorker } from '../training/start.ts';
import type { AppContext } from './context.ts';

export interface Task {
  signal: AbortSignal;
  /** At most four events a second; the last one always. */
  progress(done: number, total: number, unit: string, note: string): void;
}

/** Every job but a training. */
type WorkJob = Exclude<Job, { type: 'train' | 'resume' }>;

export class Tasks {
  readonly #app: AppContext;
  readonly #running = new Map<string, { abort: AbortController; over: Promise<unknown> }>();

  constructor(app: AppContext) {
    this.#app = app;
  }

  /** Throws USAGE where work of this name is under way, and STOPPED once it was cancelled. */
  async run<T>(name: string, work: (task: Task) => Promise<T>): Promise<T> {
    if (this.#running.has(name)) throw new UnsmoothError('USAGE', `${name} is under way already`, 'Wait for it.');
    const abort = new AbortController();
    let told = 0;
    const progress: Task['progress'] = (done, total, unit, note) => {
      const now = performance.now();
      if (now - told < 250 && done !== total) return;
      told = now;
      this.#app.emit('task', { task: name, done, total, unit, note });
    };
    const over = work({ signal: abort.signal, progress });
    this.#running.set(name, { abort, over });
    try {
      return await over;
    } catch (e) {
      throw abort.signal.aborted ? new UnsmoothError('STOPPED', 'stopped', '') : e;
    } finally {
      this.#running.delete(name);
    }
  }

  /** A worker's job as a task. */
  job<T extends WorkJob['type']>(
    name: string,
    job: WorkJob & { type: T },
    message: (message: FromWorker) => void = () => {},
  ): Promise<ResultOf<T>> {
    return this.run(name, async ({ signal, progress }) => {
      const handle = startWorker(job, {
        ...this.#app.worker,
        queue: this.#app.queue,
        message(m) {
          message(m);
          if (m.type === 'progress') progress(m.done, m.total, m.unit, m.note);
        },
        queued: () => progress(0, 0, '', 'waiting: another job computes on the device'),
      });
      // What writes a file takes it away when it is asked to stop; the others have nothing to do.
      const end = () => (job.type === 'convert' || job.type === 'export' ? handle.stop() : handle.kill());
      signal.addEventListener('abort', end, { once: true });
      const result: JobResult = await handle.done;
      if (isOf(result, job.type)) return result;
      throw new UnsmoothError(
        'WORKER_PROTOCOL',
        `the worker answered ${job.type} with ${result.type}`,
        'Run the set-up again.',
      );
    });
  }

  /** Nothing happens where it is over. */
  cancel(name: string): void {
    this.#running.get(name)?.abort.abort();
  }

  async cancelAll(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { abort } of all) abort.abort();
    await Promise.allSettled(all.map((t) => t.over));
  }
}

function isOf<K extends JobResult['type']>(result: JobResult, type: K): result is ResultOf<K> {
  return result.type === type;
}
