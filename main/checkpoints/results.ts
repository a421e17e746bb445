// What evaluate and diagnose found on checkpoints, kept in the library: one file a checkpoint, valid for the file it was measured on.
import { createHash } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CheckpointResults, Diagnosis, Evaluation } from '../../contract/app/checkpoints.ts';
import { checkpointResultsFormat } from '../../contract/saved/result.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';

const none: CheckpointResults = { evaluations: [], diagnoses: [] };

const resultsFile = (library: string, file: string): string =>
  path.join(library, 'results', `${createHash('sha256').update(path.resolve(file)).digest('hex').slice(0, 32)}.json`);

/** None where nothing was measured, where the checkpoint is another by now, or where the file is damaged: it is measured anew. */
export function readResults(library: string, file: string): CheckpointResults {
  try {
    const saved = readJsonFile(checkpointResultsFormat, resultsFile(library, file));
    const now = statSync(file);
    if (saved?.bytes !== now.size || saved.mtime_ms !== now.mtimeMs) return none;
    return { evaluations: saved.evaluations, diagnoses: saved.diagnoses };
  } catch {
    return none;
  }
}

/** Throws DISK_FULL, FILE_IO. */
export function keepEvaluation(library: string, file: string, found: Evaluation): void {
  const before = readResults(library, file);
  const others = before.evaluations.filter((e) => keyOf(e) !== keyOf(found));
  write(library, file, { ...before, evaluations: [found, ...others] });
}

/** Throws DISK_FULL, FILE_IO. */
export function keepDiagnosis(library: string, file: string, found: Diagnosis): void {
  const before = readResults(library, file);
  const others = before.diagnoses.filter((d) => keyOf(d) !== keyOf(found));
  write(library, file, { ...before, diagnoses: [found, ...others] });
}

const keyOf = (r: Evaluation | Diagnosis): string =>
  JSON.stringify([
    ...[r.dataset.fingerprint, r.split, r.images, r.weights, r.heads, r.mean, r.std],
    ...('tap' in r ? [r.tap, Object.keys(r.metrics).sort()] : []),
  ]);

function write(library: string, file: string, results: CheckpointResults): void {
  const { size, mtimeMs } = statSync(file);
  const saved = { version: 1, file: path.resolve(file), bytes: size, mtime_ms: mtimeMs, ...results };
  writeJsonFile(resultsFile(library, file), saved);
}

/** Of a checkpoint that is gone for good. */
export function forgetResults(library: string, file: string): void {
  const kept = resultsFile(library, file);
  if (existsSync(kept)) rmSync(kept, { force: true });
}
