// Runs and checkpoints that the user put away: moved aside in the library, and to the system's bin once the time to undo is over. A bin that
// refuses gives them back. The place of each below .removed/<token>/ is its place below the library, so nothing has to be remembered.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Removed } from '../../contract/app/runs.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { nameWholePairs } from '../checkpoints/index-file.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { AppContext } from './context.ts';

export const undoMs = 10_000;

/** One thing put away: what the bin gets, and how its place learns that it is gone and back. */
export interface Item {
  /** In words, for a message. */
  name: string;
  /** Absolute paths inside the library. */
  paths: readonly string[];
  /** After it left, after it came back. */
  gone?(): void;
  back?(): void;
}

interface Away {
  items: readonly Item[];
  timer: NodeJS.Timeout;
}

export class RemovedItems {
  readonly #app: AppContext;
  readonly #changed: () => void;
  readonly #away = new Map<string, Away>();
  readonly #undoMs: number;

  constructor(app: AppContext, changed: () => void, wait = undoMs) {
    this.#app = app;
    this.#changed = changed;
    this.#undoMs = wait;
  }

  /** Throws FILE_IO, with everything where it was. */
  remove(items: readonly Item[]): Removed {
    const token = `${Date.now()}-${randomBytes(4).toString('hex')}`;
    const moved: string[] = [];
    try {
      for (const file of items.flatMap((i) => i.paths)) {
        this.#move(file, this.#aside(token, file));
        moved.push(file);
      }
      for (const item of items) item.gone?.();
    } catch (e) {
      for (const file of moved) this.#move(this.#aside(token, file), file);
      throw UnsmoothError.from(e);
    }
    const timer = setTimeout(() => void this.#finish(token), this.#undoMs);
    this.#away.set(token, { items, timer });
    this.#changed();
    return { token, undoMs: this.#undoMs };
  }

  /** Throws INPUT_INVALID where it is in the bin already, FILE_IO. */
  undo(token: string): void {
    const away = this.#away.get(token);
    if (!away)
      throw new UnsmoothError('INPUT_INVALID', 'it is in the bin already', "Bring it back from the system's bin.");
    clearTimeout(away.timer);
    this.#away.delete(token);
    try {
      for (const item of away.items) this.#restore(token, item);
    } finally {
      this.#clear(token);
      this.#changed();
    }
  }

  /** What an earlier session put away goes to the bin now. */
  async start(): Promise<void> {
    const folder = path.join(this.#app.library, '.removed');
    if (!existsSync(folder)) return;
    for (const token of readdirSync(folder)) {
      if (this.#away.has(token)) continue;
      const root = path.join(folder, token);
      await this.#toBin(
        token,
        entriesBelow(root).map((file) => leftover(this.#origin(token, file))),
      );
    }
  }

  /** What is put away now stays aside until the next start. */
  close(): void {
    for (const { timer } of this.#away.values()) clearTimeout(timer);
    this.#away.clear();
  }

  async #finish(token: string): Promise<void> {
    const away = this.#away.get(token);
    if (!away) return;
    this.#away.delete(token);
    await this.#toBin(token, away.items);
  }

  async #toBin(token: string, items: readonly Item[]): Promise<void> {
    for (const item of items) {
      try {
        for (const file of item.paths) {
          const aside = this.#aside(token, file);
          if (existsSync(aside)) await this.#app.shell.trash(aside);
        }
      } catch (e) {
        this.#giveBack(token, item, e);
      }
    }
    this.#clear(token);
  }

  #giveBack(token: string, item: Item, why: unknown): void {
    const reason = why instanceof Error ? why.message : String(why);
    try {
      this.#restore(token, item);
      const text = `${item.name} could not be moved to the bin: ${reason}`;
      this.#app.problem(new UnsmoothError('FILE_IO', text, 'It is back in the library; delete its folder yourself.'));
    } catch (e) {
      this.#app.problem(e);
    }
    this.#changed();
  }

  #restore(token: string, item: Item): void {
    for (const file of item.paths) {
      const aside = this.#aside(token, file);
      if (existsSync(aside)) this.#move(aside, file);
    }
    item.back?.();
  }

  #move(from: string, to: string): void {
    if (existsSync(to)) throw new UnsmoothError('FILE_IO', `${to} exists already`, 'Rename it, and try again.');
    makeFolder(path.dirname(to));
    renameSync(from, to);
  }

  #aside = (token: string, file: string) =>
    path.join(this.#app.library, '.removed', token, path.relative(this.#app.library, file));

  #origin = (token: string, aside: string) =>
    path.join(this.#app.library, path.relative(path.join(this.#app.library, '.removed', token), aside));

  /** Removes what is empty below a token: never a file. */
  #clear(token: string): void {
    const root = path.join(this.#app.library, '.removed', token);
    if (existsSync(root) && entriesBelow(root).length === 0) rmSync(root, { recursive: true, force: true });
  }
}

/** What was put away as one: a run's folder, or single files of its checkpoints. */
function entriesBelow(root: string, depth = 0): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(root, entry.name);
    if (!entry.isDirectory()) return [full];
    const isRun = depth === 1 && readdirSync(full).some((name) => name !== 'checkpoints');
    return isRun ? [full] : entriesBelow(full, depth + 1);
  });
}

/** Something of an earlier session; a checkpoint that the bin refuses is named by its index again. */
function leftover(file: string): Item {
  const folder = path.dirname(file);
  const item = { name: path.basename(file), paths: [file] };
  return path.basename(folder) === 'checkpoints' ? { ...item, back: () => nameWholePairs(path.dirname(folder)) } : item;
}

export function removedServices(removed: RemovedItems): Pick<AppApi, 'removed.undo'> {
  return {
    'removed.undo'({ token }) {
      removed.undo(token);
      return null;
    },
  };
}
