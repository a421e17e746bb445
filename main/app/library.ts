// The runs of the library as the window knows them, and the watch over their folder: runs that the command line makes appear too.
import { type FSWatcher, watch } from 'node:fs';
import type { RunRow } from '../../contract/app/runs.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { type Changes, RunRows } from '../runs/list.ts';
import type { ReadableRun } from '../runs/view.ts';
import type { AppContext } from './context.ts';
import { readable, runDir } from './run-folder.ts';

/** Runs that are trained now are looked at this often; all of them every tenth time. */
const pollMs = 1000;

/** What this program knows of a run beyond its folder. */
export interface Overlay {
  /** The row as it is shown. */
  row(row: RunRow): RunRow;
  /** A run that has no run.json yet, since it waits for its device. */
  pending(id: string): ReadableRun | undefined;
}

export class Library {
  readonly #app: AppContext;
  readonly #rows: RunRows;
  readonly #overlay: Overlay;
  #listed = false;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** The last failure, told once. */
  #told = '';

  constructor(app: AppContext, overlay: Overlay) {
    this.#app = app;
    this.#overlay = overlay;
    this.#rows = new RunRows(app.runs, (row) => overlay.row(row));
  }

  async list(): Promise<RunRow[]> {
    const changes = await this.#rows.refresh('all');
    if (this.#listed) this.#tell(changes);
    this.#listed = true;
    return this.#rows.rows;
  }

  /** Throws RUN_NOT_FOUND. */
  async row(id: string): Promise<RunRow> {
    runDir(this.#app, id);
    await this.look([id]);
    const row = this.#rows.rows.find((r) => r.id === id);
    if (row) return row;
    throw new UnsmoothError('RUN_NOT_FOUND', `there is no run ${id}`, 'It may have been removed.');
  }

  /** Throws RUN_NOT_FOUND, RUN_NEWER, INPUT_INVALID. */
  view(id: string): ReadableRun {
    return this.#overlay.pending(id) ?? readable(runDir(this.#app, id));
  }

  /** Something may have changed in these runs, or in the folder of runs. */
  async look(ids: readonly string[] | 'all' | 'lively' = 'lively'): Promise<void> {
    this.#tell(await this.#rows.refresh(ids));
  }

  start(): void {
    makeFolder(this.#app.runs);
    // while the pages are loaded; whoever asks for the list hears of what fails
    void this.#rows.refresh('all').catch(() => {});
    try {
      this.#watcher = watch(this.#app.runs, () => this.#soon(50));
      this.#watcher.on('error', () => this.#watcher?.close()); // the slow look goes on
    } catch {
      this.#watcher = undefined; // not every file system can be watched
    }
    this.#soon(pollMs);
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), ms);
  }

  async #tick(): Promise<void> {
    const mine = this.#timer;
    try {
      await this.look(++this.#ticks % 10 === 0 ? 'all' : 'lively');
      this.#told = '';
    } catch (e) {
      const { message } = UnsmoothError.from(e);
      if (message !== this.#told) this.#app.problem(e);
      this.#told = message;
    }
    if (this.#timer === mine && mine !== undefined) this.#soon(pollMs);
  }

  #tell({ changed, removed }: Changes): void {
    if (this.#listed && (changed.length > 0 || removed.length > 0)) this.#app.emit('runs', { changed, removed });
  }
}
