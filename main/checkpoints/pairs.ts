// A run's checkpoints as its folder shows them: the index, or where that is lost or damaged the pairs of files that are whole, as a
// worker that resumes would find them. Reads alone; changes nothing.
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { type CheckpointEntry, checkpointIndexFormat, checkpointIndexSchema } from '../../contract/saved/run.ts';
import { readJsonFile } from '../files/json-file.ts';

export interface FoundCheckpoints {
  /** Oldest first. */
  checkpoints: CheckpointEntry[];
  /** A sentence about an index that cannot be read; empty where all is well. */
  problem: string;
}

export const checkpointsFolder = (dir: string): string => path.join(dir, 'checkpoints');
export const indexFile = (dir: string): string => path.join(checkpointsFolder(dir), 'index.json');

/** Never throws for what is in the files, except FORMAT_NEWER. */
export function findCheckpoints(dir: string): FoundCheckpoints {
  let problem = '';
  try {
    const index = readJsonFile(checkpointIndexFormat, indexFile(dir));
    if (index) return { checkpoints: [...index.checkpoints].sort((a, b) => a.step - b.step), problem };
  } catch (e) {
    const error = UnsmoothError.from(e);
    if (error.code === 'FORMAT_NEWER') throw error;
    problem = `${error.message}; what is shown are the pairs of files that are whole`;
  }
  return { checkpoints: wholePairs(checkpointsFolder(dir)), problem };
}

function wholePairs(folder: string): CheckpointEntry[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => wholePair(folder, name) ?? [])
    .sort((a, b) => a.step - b.step);
}

const savedEntry = checkpointIndexSchema.shape.checkpoints.element.pick({ step: true, epoch: true, metrics: true });

/** The entry of `<step>.safetensors` with its state beside it, both whole; else undefined. */
export function wholePair(folder: string, weights: string): CheckpointEntry | undefined {
  const step = /^(\d+)\.safetensors$/.exec(weights)?.[1];
  if (step === undefined) return undefined;
  const state = `${step}.state.safetensors`;
  try {
    metadataOf(path.join(folder, weights));
    const said = metadataOf(path.join(folder, state)).checkpoint;
    const { epoch, metrics } = savedEntry.parse(JSON.parse(said ?? '{}'));
    const [w, s] = [weights, state].map((name) => statSync(path.join(folder, name)));
    const bytes = (w?.size ?? 0) + (s?.size ?? 0);
    return { step: Number(step), epoch, weights, state, bytes, created: w?.mtime.toISOString() ?? '', metrics };
  } catch {
    return undefined; // not whole: the worker would remove it
  }
}

const header = z
  .record(z.string(), z.unknown())
  .and(z.object({ __metadata__: z.record(z.string(), z.string()).optional() }));
const tensor = z.object({ data_offsets: z.tuple([z.int(), z.int()]) });

/** Metadata of a safetensors file whose size is what its header says. Throws for any other. */
function metadataOf(file: string): Record<string, string> {
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(8);
    readSync(fd, start, 0, 8, 0);
    const length = Number(start.readBigUInt64LE());
    const { size } = fstatSync(fd);
    if (length > Math.min(size - 8, 100_000_000)) throw new UnsmoothError('CHECKPOINT_INVALID', `${file}: cut short`);
    const text = Buffer.alloc(length);
    readSync(fd, text, 0, length, 8);
    const { __metadata__: metadata = {}, ...tensors } = header.parse(JSON.parse(text.toString('utf8')));
    const end = Math.max(0, ...Object.values(tensors).map((t) => tensor.parse(t).data_offsets[1]));
    if (size !== 8 + length + end) throw new UnsmoothError('CHECKPOINT_INVALID', `${file}: cut short`);
    return metadata;
  } finally {
    closeSync(fd);
  }
}
