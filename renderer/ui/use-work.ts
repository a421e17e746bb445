// A call as a screen sees it: whether it is under way, whether that is long enough to say so, how it failed.
import { onScopeDispose, ref, shallowRef } from 'vue';
import { UnsmoothError } from '../../contract/errors.ts';
import { useBackend } from '../backend/backend.ts';
import { useTasks } from '../stores/tasks.ts';

/** What takes longer than this is not silent. */
const noticeable = 300;

/** `work` is run by `run`; of two under way only the later one's outcome is kept. The failure is kept in `error`, not thrown. */
export function useWork<A extends unknown[], R>(work: (...args: A) => Promise<R>) {
  const pending = ref(false);
  /** Under way for so long that the user should see it. */
  const slow = ref(false);
  const error = shallowRef<UnsmoothError | null>(null);
  const value = shallowRef<R>();
  let latest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(timer);
    pending.value = false;
    slow.value = false;
  };
  onScopeDispose(() => {
    latest = -1;
    clearTimeout(timer);
  });

  async function run(...args: A): Promise<R | undefined> {
    const mine = ++latest;
    pending.value = true;
    error.value = null;
    clearTimeout(timer);
    timer = setTimeout(() => {
      slow.value = true;
    }, noticeable);
    try {
      const result = await work(...args);
      if (mine !== latest) return undefined;
      value.value = result;
      return result;
    } catch (e) {
      if (mine === latest) error.value = UnsmoothError.from(e);
      return undefined;
    } finally {
      if (mine === latest) end();
    }
  }
  return { run, pending, slow, error, value };
}

let tasks = 0;

/** As `useWork`, for calls with a `task`: also how far it is, and a way to end it. */
export function useTask<A extends unknown[], R>(work: (task: string, ...args: A) => Promise<R>) {
  const backend = useBackend();
  const store = useTasks();
  const name = shallowRef('');
  const inner = useWork(async (...args: A) => {
    const task = `task-${++tasks}`;
    name.value = task;
    try {
      return await work(task, ...args);
    } finally {
      store.end(task);
    }
  });
  return {
    ...inner,
    /** Name of the work under way, for `store.progress`. */
    task: name,
    cancel: (): Promise<null> => backend.call('tasks.cancel', { task: name.value }),
  };
}
