// Every failure a user can meet: one named class, one stable code, one sentence what happened and one what to do.

/** Stable error codes. `REQUEST` codes mean that the request was wrong (exit 2); all others that the work failed (exit 1). */
export const errorCodes = {
  USAGE: 'request',
  RECIPE_INVALID: 'request',
  RECIPE_UNREADABLE: 'request',
  RUN_NOT_FOUND: 'request',
  RUN_ALIVE: 'request',
  RUN_NEWER: 'request',
  RUN_NOT_RESUMABLE: 'request',
  DATASET_NOT_FOUND: 'request',
  DATASET_INVALID: 'request',
  CHECKPOINT_NOT_FOUND: 'request',
  CHECKPOINT_INVALID: 'request',
  INPUT_INVALID: 'request',
  FORMAT_NEWER: 'request',
  ENGINE_UNKNOWN: 'request',
  ENGINE_MISSING: 'work',
  ENGINE_FAILED: 'work',
  ENGINE_INSTALL_FAILED: 'work',
  ENGINE_HASH_MISMATCH: 'work',
  KERNEL_UNSUPPORTED: 'work',
  TRACE_VALUE_READ: 'work',
  DISK_FULL: 'work',
  FILE_IO: 'work',
  RUN_DIVERGED: 'work',
  WORKER_DIED: 'work',
  WORKER_PROTOCOL: 'work',
  WORKER_SILENT: 'work',
  PEER_MISSING: 'work',
  INTERNAL: 'work',
  STOPPED: 'stopped',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A field, file or tensor at fault, for forms and `--json`. */
export interface Problem {
  /** Dotted recipe path (`model.embed_dim`), file path or tensor name. */
  where: string;
  message: string;
}

/** The error that crosses every boundary. `message` says what happened, `hint` what to do. */
export class UnsmoothError extends Error {
  override readonly name = 'UnsmoothError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly problems: readonly Problem[];
  constructor(code: ErrorCode, message: string, hint = '', problems: readonly Problem[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.problems = problems;
  }
  /** Plain data for IPC and JSON; `fromData` is the inverse. */
  toData(): ErrorData {
    return { code: this.code, message: this.message, hint: this.hint, problems: [...this.problems] };
  }
  static fromData(d: ErrorData): UnsmoothError {
    return new UnsmoothError(d.code, d.message, d.hint, d.problems);
  }
  /** Anything thrown becomes an UnsmoothError; an unknown one is INTERNAL and keeps its cause. */
  static from(e: unknown): UnsmoothError {
    if (e instanceof UnsmoothError) return e;
    const message = e instanceof Error ? e.message : String(e);
    const code = e instanceof Error && 'code' in e ? String(e.code) : '';
    if (code === 'ENOSPC')
      return new UnsmoothError('DISK_FULL', message, 'Free some space and try again.', [], { cause: e });
    if (/^E[A-Z]+$/.test(code))
      return new UnsmoothError('FILE_IO', message, 'Check the path and its permissions.', [], { cause: e });
    return new UnsmoothError('INTERNAL', message, 'Run again with --debug for the stack and report it.', [], {
      cause: e,
    });
  }
}

export interface ErrorData {
  code: ErrorCode;
  message: string;
  hint: string;
  problems: Problem[];
}

/** Exit code of the command line for an error: 1 the work failed, 2 the request was wrong, 130 stopped by the user. */
export function exitCodeOf(code: ErrorCode): 1 | 2 | 130 {
  const kind = errorCodes[code];
  return kind === 'request' ? 2 : kind === 'stopped' ? 130 : 1;
}
