// The datasets a user can name, with what is known of each.
import { existsSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { SavedDataset } from '../../contract/saved/dataset.ts';
import { builtIns } from './built-in.ts';
import { addedNames, readDataset } from './library.ts';

export interface DatasetRow {
  name: string;
  origin: 'built-in' | 'added';
  /** available: its folder is there; missing: it is not; broken: its description cannot be read. */
  state: 'available' | 'missing' | 'broken';
  kind: string | null;
  path: string | null;
  /** What was found when it was added; null for a built-in one. */
  saved: SavedDataset | null;
  /** How to get it, or what is wrong; empty where it is available. */
  note: string;
}

export function listDatasets(library: string): DatasetRow[] {
  const added = addedNames(library).map((name) => addedRow(library, name));
  const rest = builtIns.filter((b) => !added.some((a) => a.name === b.name));
  return [...rest.map(builtInRow), ...added];
}

function builtInRow({ name, find, get }: (typeof builtIns)[number]): DatasetRow {
  const found = find();
  return {
    name,
    origin: 'built-in',
    state: found ? 'available' : 'missing',
    kind: 'idx',
    path: found?.path ?? null,
    saved: null,
    note: found ? '' : get,
  };
}

function addedRow(library: string, name: string): DatasetRow {
  const base = { name, origin: 'added' } as const;
  try {
    const saved = readDataset(library, name) ?? null;
    const there = saved !== null && existsSync(saved.path);
    const note = there ? '' : `${saved?.path} is not there any more`;
    return {
      ...base,
      state: there ? 'available' : 'missing',
      kind: saved?.kind ?? null,
      path: saved?.path ?? null,
      saved,
      note,
    };
  } catch (e) {
    return { ...base, state: 'broken', kind: null, path: null, saved: null, note: UnsmoothError.from(e).message };
  }
}
