// What a job sees of the outside: messages to the supervisor, and what the supervisor (or a signal) asked for.
// It does not know whether it runs in the process's main thread or in the thread that owns the engine.
import type { FromWorker, Job, JobResult } from '../contract/worker-api.ts';

export interface JobContext {
  /** Sends to the supervisor; delivered also while the caller goes on computing. */
  emit(message: FromWorker): void;
  control: Control;
}

/** Flags in shared memory, so that a thread inside a long synchronous step sees them at the next look. */
export interface Control {
  /** 'stop': the user ended it (status stopped); 'interrupt': signal, lost parent or closing app (status interrupted). */
  readonly ending: 'no' | 'stop' | 'interrupt';
  readonly paused: boolean;
  /** True once for each "checkpoint" message. */
  takeCheckpointRequest(): boolean;
  /** Blocks the calling thread until a flag changes or `ms` have passed. */
  wait(ms: number): void;
}

/** One job: computes and returns its result, or throws an UnsmoothError. */
export type RunJob<T extends Job['type']> = (job: Extract<Job, { type: T }>, context: JobContext) => Promise<JobResult>;
