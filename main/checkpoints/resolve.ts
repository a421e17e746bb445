// What CHECKPOINT means: a file of weights, a folder with one, or a run whose newest checkpoint is meant.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { findRun } from '../runs/find.ts';
import { checkpointsOf } from '../runs/view.ts';

/** A folder as the Hugging Face Hub lays out a model: its weights under their usual name. */
export const holdsWeights = (folder: string): boolean => weightsIn(folder) !== undefined;

export const usualNames = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'] as const;

/** The file of weights in such a folder. */
export const weightsIn = (folder: string): string | undefined =>
  usualNames.map((name) => path.join(folder, name)).find((file) => existsSync(file));

/** An absolute path to a file, or to a folder that holds weights. Throws CHECKPOINT_NOT_FOUND. */
export function resolveCheckpoint(name: string, runs: string): string {
  if (existsSync(name) && (statSync(name).isFile() || holdsWeights(name))) return path.resolve(name);
  const dir = runFolder(name, runs);
  const newest = dir === undefined ? undefined : checkpointsOf(dir).at(-1);
  if (dir !== undefined && newest) return path.join(dir, 'checkpoints', newest.weights);
  throw new UnsmoothError(
    'CHECKPOINT_NOT_FOUND',
    dir === undefined ? `there is no file and no run ${name}` : `run ${path.basename(dir)} has no checkpoint yet`,
    'Give a file of weights, or a run with a checkpoint.',
  );
}

function runFolder(name: string, runs: string): string | undefined {
  try {
    return findRun(runs, name);
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === 'RUN_NOT_FOUND') return undefined;
    throw e;
  }
}
