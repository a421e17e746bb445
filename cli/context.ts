// What every command gets: where results, progress and JSON go. Commands never write to the streams themselves.
export interface CliContext {
  /** A line of result, to stdout. */
  out(text: string): void;
  /** A line of progress, to stderr. */
  progress(text: string): void;
  /** The one JSON object of `--json`, to stdout. */
  json<T>(value: T): void;
}
