// What every service of the window is given. One per process; it knows no window.
import type { AppEvents, EventName } from '../../contract/app-api.ts';
import type { DeviceQueue } from '../training/queue.ts';
import type { ShellPort } from './shell-port.ts';

/** Folders and files that ship with the program. */
export interface Resources {
  /** The folder of recipes/*.yaml. */
  recipes: string;
  /** JSON made by build/licences.mjs; absent: none are known. */
  licences?: string;
}

export interface AppContext {
  library: string;
  /** Folder of the runs of the library. */
  runs: string;
  cache: string;
  resources: Resources;
  shell: ShellPort;
  versions: Record<string, string>;
  /** Where the worker's program and its Node lie, where not beside this one. */
  worker: { script?: string; node?: string };
  queue: DeviceQueue;
  emit<E extends EventName>(event: E, data: AppEvents[E]): void;
  /** Tells of a failure that no call is waiting for. */
  problem(error: unknown): void;
}
