// What CHECKPOINT means: a file, or a run whose newest checkpoint is meant.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { findRun } from '../runs/find.ts';
import { checkpointsOf } from '../runs/view.ts';

/** An absolute path to a file. Throws CHECKPOINT_NOT_FOUND. */
export function resolveCheckpoint(name: string, runs: string): string {
  if (existsSync(name) && statSync(name).isFile()) return path.resolve(name);
  const dir = runFolder(name, runs);
  const newest = dir === undefined ? undefined : checkpointsOf(dir).at(-1);
  if (dir !== undefined && newest) return path.join(dir, 'checkpoints', newest.weights);
  throw new UnsmoothError(
    'CHECKPOINT_NOT_FOUND',
    dir === undefined ? `there is no file and no run ${name}` : `run ${path.basename(dir)} has no checkpoint yet`,
    'Give a .safetensors file, or a run with a checkpoint.',
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
