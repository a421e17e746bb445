// The datasets a user can name, with what is known of each.
import { existsSync } from 'node:fs';
import type { DatasetRow } from '../../contract/app/datasets.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { builtIns } from './built-in.ts';
import { changedSince } from './changed.ts';
import { addedNames, readDataset } from './library.ts';
import { datasetShape, shapeOf } from './shape.ts';

export function listDatasets(library: string): DatasetRow[] {
  const added = addedNames(library).map((name) => addedRow(library, name));
  const rest = builtIns.filter((b) => !added.some((a) => a.name === b.name));
  return [...rest.map((b) => builtInRow(b, library)), ...added];
}

function builtInRow({ name, find, get }: (typeof builtIns)[number], library: string): DatasetRow {
  const found = find();
  return {
    name,
    origin: 'built-in',
    state: found ? 'available' : 'missing',
    kind: 'idx',
    path: found?.path ?? null,
    saved: null,
    shape: (found && datasetShape(found, library)) ?? null,
    changed: false,
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
      shape: saved && shapeOf(saved.findings),
      changed: there && changedSince(saved.path, saved.checked),
      note,
    };
  } catch (e) {
    return {
      ...base,
      state: 'broken',
      kind: null,
      path: null,
      saved: null,
      shape: null,
      changed: false,
      note: UnsmoothError.from(e).message,
    };
  }
}
