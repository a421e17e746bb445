// run.json as the loop keeps it: a view of what the other files hold, so on a full disk it may wait in memory.
import { UnsmoothError } from '../../contract/errors.ts';
import type { Run, RunStatus } from '../../contract/saved/run.ts';
import type { JobContext } from '../job-context.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';

export class RunRecord {
  readonly #folder: RunFolder;
  readonly #context: JobContext;
  #waiting: Partial<Run> = {};

  constructor(folder: RunFolder, context: JobContext) {
    this.#folder = folder;
    this.#context = context;
  }

  /** As it would be written now. */
  get run(): Run {
    return { ...this.#folder.run, ...this.#waiting };
  }

  /** Kept until the next `save`. */
  stage(patch: Partial<Run>): void {
    this.#waiting = { ...this.#waiting, ...patch };
  }

  /** Writes what waits; on a full disk it goes on waiting, and the log says so. */
  save(): void {
    try {
      this.#folder.updateRun(this.#waiting);
      this.#waiting = {};
    } catch (e) {
      const error = UnsmoothError.from(e);
      if (error.code !== 'DISK_FULL') throw error;
      this.#context.emit({ type: 'log', level: 'warning', text: `run.json waits for room: ${error.message}` });
    }
  }

  setStatus(status: RunStatus, reason: string | null = null): void {
    this.stage({ status });
    this.save();
    this.#context.emit({ type: 'status', status, reason });
  }
}
