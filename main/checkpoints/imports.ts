// Checkpoints that no run of ours wrote: a small description of each in the library, true for the file as it was read. Nothing is copied.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CheckpointResults, ImportedCheckpoint } from '../../contract/app/checkpoints.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { type ImportFindings, importFormat, type SavedImport } from '../../contract/saved/import.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { usualNames, weightsIn } from './resolve.ts';
import { readResults } from './results.ts';

const folderOf = (library: string): string => path.join(library, 'imports');
const descriptionOf = (library: string, file: string): string =>
  path.join(folderOf(library), `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`);

/** The file of weights that a path means. Throws CHECKPOINT_NOT_FOUND. */
export function weightsAt(given: string): string {
  const stat = path.isAbsolute(given) ? statSync(given, { throwIfNoEntry: false }) : undefined;
  if (!stat) throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${given} is not there`, 'Choose it again.');
  if (stat.isFile()) return path.resolve(given);
  const inside = weightsIn(given);
  if (inside) return path.resolve(inside);
  throw new UnsmoothError(
    'CHECKPOINT_NOT_FOUND',
    `${given} is a folder without ${usualNames.join(', ')}`,
    'Choose the file of weights in it.',
  );
}

/** Undefined for a file that was not added. Throws INPUT_INVALID, FORMAT_NEWER. */
export const readImport = (library: string, file: string): SavedImport | undefined =>
  readJsonFile(importFormat, descriptionOf(library, file));

export interface Chosen {
  name: string | null;
  weights: string | null;
  heads: number | null;
}

/** Keeps what was found in a file; its name and first date stay when it is read anew. Throws FILE_IO, DISK_FULL. */
export function keepImport(
  library: string,
  file: string,
  { name, weights, heads }: Chosen,
  { type: _type, file: _file, tensors, ...found }: ResultOf<'inspect'>,
): SavedImport {
  const { size, mtimeMs } = statSync(file);
  const before = whole(library, file);
  const checked = new Date().toISOString();
  const findings: ImportFindings = {
    ...found,
    tensors: tensors.length,
    dtypes: [...new Set(tensors.map((t) => t.dtype))],
  };
  const saved: SavedImport = {
    version: 1,
    name: name ?? before?.name ?? nameOf(file),
    ...{ file, bytes: size, mtime_ms: mtimeMs, weights, heads, found: findings },
    ...{ added: before?.added ?? checked, checked },
  };
  writeJsonFile(descriptionOf(library, file), saved);
  return saved;
}

function whole(library: string, file: string): SavedImport | undefined {
  try {
    return readImport(library, file);
  } catch {
    return undefined; // damaged: it is written anew
  }
}

/** A file under one of the Hub's names is called as its folder. */
function nameOf(file: string): string {
  const { dir, base, name } = path.parse(file);
  return usualNames.some((n) => n === base) ? path.basename(dir) || base : name;
}

/** Takes one out of the list: by its file, or where its description cannot be read by that. Throws CHECKPOINT_NOT_FOUND, FILE_IO. */
export function forgetImport(library: string, file: string): void {
  const broken = path.dirname(file) === folderOf(library) && file.endsWith('.json');
  const description = broken ? file : descriptionOf(library, path.resolve(file));
  if (!existsSync(description))
    throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${file} was not added`, 'A checkpoint of a run can be deleted.');
  try {
    rmSync(description);
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}

/** All of them, the newest first. */
export function importRows(library: string): ImportedCheckpoint[] {
  const folder = folderOf(library);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .map((f) => rowAt(path.join(folder, f), library))
    .sort((a, b) => b.created.localeCompare(a.created));
}

function rowAt(description: string, library: string): ImportedCheckpoint {
  try {
    const saved = readJsonFile(importFormat, description);
    if (saved) return importRow(saved, library);
    return brokenRow(description, `${description} is not there any more`);
  } catch (e) {
    return brokenRow(description, UnsmoothError.from(e).message);
  }
}

export function importRow(saved: SavedImport, library: string): ImportedCheckpoint {
  const now = statSync(saved.file, { throwIfNoEntry: false });
  const same = now?.size === saved.bytes && now.mtimeMs === saved.mtime_ms;
  const { found } = saved;
  const results = readResults(library, saved.file);
  return {
    ...nothing,
    file: saved.file,
    name: saved.name,
    created: saved.added,
    layout: found.layout,
    parameters: found.parameters,
    dtypes: found.dtypes,
    bytes: found.bytes,
    ...measured(results, saved.weights),
    trained: found.trained.slice(0, 6).join(', '),
    results,
    state: now ? (same ? 'available' : 'changed') : 'missing',
    note: now
      ? same
        ? ''
        : 'The file has changed since it was read; read it anew.'
      : `${saved.file} is not there any more: it was moved or removed.`,
    saved,
  };
}

const nothing = { origin: 'import', run: null, step: null, best: false } as const;

const brokenRow = (description: string, why: string): ImportedCheckpoint => ({
  ...nothing,
  file: description,
  name: path.basename(description),
  ...{ created: '', layout: '', parameters: null, dtypes: [], bytes: 0, top1: null, last_layer_similarity: null },
  ...{ trained: '', results: { evaluations: [], diagnoses: [] } },
  state: 'broken',
  note: why,
  saved: null,
});

/** Newest kept accuracy and last-layer similarity of a set of weights, after the final norm where that was taken. */
export function measured(
  { evaluations, diagnoses }: CheckpointResults,
  weights: string | null,
): { top1: number | null; last_layer_similarity: number | null } {
  const top1 = evaluations.find((e) => e.weights === weights)?.top1;
  const of = diagnoses.filter((d) => d.weights === weights && d.metrics.cos_abs !== undefined);
  const last = (of.find((d) => d.tap === 'norm') ?? of[0])?.metrics.cos_abs?.at(-1);
  return {
    top1: top1 === undefined ? null : decodeNumber(top1),
    last_layer_similarity: last === undefined ? null : decodeNumber(last),
  };
}
