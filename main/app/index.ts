// The window's services put together: every call of the contract, in plain Node. It knows neither electron nor a window.
import type { AppApi, AppEvents, EventName } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Resources } from './context.ts';
import type { ShellPort } from './shell-port.ts';

export type { Resources } from './context.ts';
export type { ShellPort } from './shell-port.ts';

export interface AppServicesOptions {
  library: string;
  cache: string;
  resources: Resources;
  shell: ShellPort;
  emit<E extends EventName>(event: E, data: AppEvents[E]): void;
  versions: Record<string, string>;
  /** Where the worker's program and its Node lie, where not beside this one. */
  worker?: { script?: string; node?: string };
}

export interface AppServices {
  api: AppApi;
  /** Trainings of this program that wait or work. */
  busy(): { id: string; name: string }[];
  /** Checkpoints and interrupts every training, ends every other job; resolves when all workers have ended. */
  interruptAll(): Promise<void>;
  /** Watches the library, and sends what an earlier session put away to the bin. */
  start(): Promise<void>;
  /** Ends watching and following. */
  close(): Promise<void>;
}

export function createAppServices(_options: AppServicesOptions): AppServices {
  throw new UnsmoothError('INTERNAL', 'the services are not put together yet');
}
