// The rows of a library, read in turns and kept: a folder is looked into again only where one of its small files changed.
import { promises as fs, statSync } from 'node:fs';
import path from 'node:path';
import type { RunRow } from '../../contract/app/runs.ts';
import { liveStatuses } from '../../contract/saved/run.ts';
import { turns } from '../files/turns.ts';
import { sparkline } from './sparkline.ts';
import { runRow } from './summary.ts';
import { viewRun } from './view.ts';

interface Known {
  stamp: string;
  row: RunRow;
  /** Its owner may die, or its worker write, any moment. */
  lively: boolean;
  /** Its sparkline was not looked for yet. */
  bare: boolean;
}

export interface Changes {
  changed: RunRow[];
  removed: string[];
}

/** Sparklines of one reading; the rest come with the next, so that a long list is shown before all of them are there. */
const sparklinesMs = 100;
const small = ['run.json', 'notes.json', 'owner.json', 'ended.json'];

export class RunRows {
  readonly #runs: string;
  readonly #overlay: (row: RunRow) => RunRow;
  readonly #known = new Map<string, Known>();
  #last: Promise<unknown> = Promise.resolve();

  /** `overlay` adds what this program knows beyond the folder. */
  constructor(runs: string, overlay: (row: RunRow) => RunRow) {
    this.#runs = runs;
    this.#overlay = overlay;
  }

  get rows(): RunRow[] {
    return [...this.#known.values()].map((k) => k.row).sort((a, b) => b.id.localeCompare(a.id));
  }

  /**
   * Reads what changed. `all`: every folder; lively: those that are trained now, and new ones. One reading at a time.
   * Throws FILE_IO where the folder of the runs cannot be read.
   */
  refresh(which: 'all' | 'lively' | readonly string[] = 'all'): Promise<Changes> {
    const next = this.#last.then(() => this.#refresh(which));
    this.#last = next.catch(() => {}); // its caller hears of it
    return next;
  }

  async #refresh(which: 'all' | 'lively' | readonly string[]): Promise<Changes> {
    const pause = turns();
    const budget = { ms: sparklinesMs };
    const ids = await folders(this.#runs);
    const there = new Set(ids);
    const changes: Changes = { changed: [], removed: [...this.#known.keys()].filter((id) => !there.has(id)) };
    for (const id of changes.removed) this.#known.delete(id);
    for (const id of ids) {
      const known = this.#known.get(id);
      const wanted =
        which === 'all' || !known || (which === 'lively' ? known.lively || known.bare : which.includes(id));
      if (!wanted) continue;
      const row = this.#look(id, known, budget);
      if (row) changes.changed.push(row);
      await pause();
    }
    return changes;
  }

  /** The row where it is not what it was. */
  #look(id: string, known: Known | undefined, budget: { ms: number }): RunRow | undefined {
    const dir = path.join(this.#runs, id);
    const stamp = small.map((name) => stampOf(path.join(dir, name))).join(' ');
    const same = known?.stamp === stamp;
    if (same && !known.lively && !known.bare) return undefined;
    const plain = runRow(viewRun(dir));
    const curve = same && !known.bare ? known.row.sparkline : within(budget, () => sparkline(dir));
    const row = this.#overlay({ ...plain, sparkline: curve ?? known?.row.sparkline ?? [] });
    const lively = liveStatuses.some((s) => s === row.status) || row.status === 'broken';
    this.#known.set(id, { stamp, row, lively, bare: curve === undefined });
    return known && JSON.stringify(known.row) === JSON.stringify(row) ? undefined : row;
  }
}

/** Undefined where the time is used up. */
function within<T>(budget: { ms: number }, work: () => T): T | undefined {
  if (budget.ms <= 0) return undefined;
  const began = performance.now();
  const result = work();
  budget.ms -= performance.now() - began;
  return result;
}

async function folders(runs: string): Promise<string[]> {
  try {
    const entries = await fs.readdir(runs, { withFileTypes: true });
    return entries.filter((e) => e.isDirectory() && !e.name.startsWith('.')).map((e) => e.name);
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return [];
    throw e;
  }
}

function stampOf(file: string): string {
  const s = statSync(file, { throwIfNoEntry: false });
  return s ? `${s.ino}:${s.mtimeMs}:${s.size}` : '-';
}
