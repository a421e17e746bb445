// What every command is given: where things lie, how to speak, and how the user ends it. One per process.
import type { DeviceQueue } from '../main/training/queue.ts';

export interface CliContext {
  /** A line of result, to stdout. */
  out(text: string): void;
  /** A line of progress or a note, to stderr. */
  progress(text: string): void;
  /** The one JSON object of `--json`, to stdout. */
  json<T>(value: T): void;
  /** The result of a command: `value` with --json, else `text`. */
  result<T>(value: T, text: string): void;

  readonly library: string;
  /** Folder of the runs of the library. */
  readonly runs: string;
  readonly queue: DeviceQueue;
  /** True with --json: stdout is one JSON object. */
  readonly wantsJson: boolean;
  readonly debug: boolean;
  /** True where stderr is a terminal. */
  readonly terminal: boolean;
  /** Aborts at the first Ctrl-C, SIGTERM or SIGHUP; its reason is a STOPPED error. */
  readonly signal: AbortSignal;
  /** 'stop' where the user ended it (Ctrl-C), 'interrupt' where the system did. */
  readonly ending: 'stop' | 'interrupt';
  /** Called at the second Ctrl-C, before this process exits. Returns how to take it back. */
  onKill(kill: () => void): () => void;
  /** The exit code where no error is thrown; 0 unless set. */
  exitCode: number;
}
