// Everything that passes between the window and the services behind it: calls with an answer, and events. Declared once; the
// preload passes it on, the services implement it, the recorded backend answers it from files.
import type { z } from 'zod';
import { appCalls } from './app/app.ts';
import type { Call } from './app/call.ts';
import { checkpointCalls } from './app/checkpoints.ts';
import { datasetCalls } from './app/datasets.ts';
import { engineCalls } from './app/engines.ts';
import { type RunRow, runCalls } from './app/runs.ts';
import { type SeriesUpdate, seriesCalls } from './app/series.ts';
import { type TrainingState, trainingCalls } from './app/training.ts';
import type { ErrorData } from './errors.ts';

export const calls = {
  ...appCalls,
  ...runCalls,
  ...seriesCalls,
  ...trainingCalls,
  ...checkpointCalls,
  ...datasetCalls,
  ...engineCalls,
} as const;
export type Calls = typeof calls;
export type CallName = keyof Calls;
/** What a caller gives. */
export type ArgsOf<N extends CallName> = z.input<Calls[N]['args']>;
/** What the service is given, checked. */
export type CheckedArgsOf<N extends CallName> = z.output<Calls[N]['args']>;
export type AnswerOf<N extends CallName> = Calls[N] extends Call<z.ZodType, infer R> ? R : never;

/** The services, one function a call. */
export type AppApi = { [N in CallName]: (args: CheckedArgsOf<N>) => AnswerOf<N> | Promise<AnswerOf<N>> };

/** Commands of the native menu and of the command palette that the window carries out. */
export const menuCommands = [
  'runs',
  'compare',
  'checkpoints',
  'datasets',
  'engines',
  'settings',
  'about',
  'new-run',
  'palette',
  'find',
  'export-report',
  'toggle-pause',
  'save-checkpoint',
] as const;
export type MenuCommand = (typeof menuCommands)[number];

export interface AppEvents {
  /** Runs that are new or changed, and ids that are gone. */
  runs: { changed: RunRow[]; removed: string[] };
  /** The trainings of this program, all of them. */
  trainings: TrainingState[];
  series: SeriesUpdate;
  /** Work that a call with a `task` does; `total` is 0 where it is not known. */
  task: { task: string; done: number; total: number; unit: string; note: string };
  menu: MenuCommand;
  /** Something went wrong that no call is waiting for. */
  problem: ErrorData;
}
export type EventName = keyof AppEvents;

/** An answer on the wire: an error is data there, since a thrown one would lose its code. */
export type Wire<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

/** A page's File, as far as this side needs to know it. */
export interface Dropped {
  readonly name: string;
  readonly size: number;
}

/** The one object that the preload hands to the window. */
export interface Bridge {
  call(name: string, args: unknown): Promise<Wire<unknown>>;
  on<E extends EventName>(event: E, listener: (data: AppEvents[E]) => void): () => void;
  /** Where a file or folder lies that the user dropped on the page; empty for one that is not on disk. */
  pathOf(dropped: Dropped): string;
}
export { bridgeName, callChannel, eventChannel, eventNames } from './app/channels.ts';
