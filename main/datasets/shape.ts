// Counts and sizes of a dataset from the heads of its files alone: milliseconds, for estimates and for refusing early. The worker reads and
// checks everything.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { idxSplits } from '../../core/idx-names.ts';

export interface DatasetShape {
  classes: number;
  channels: number;
  width: number;
  height: number;
  /** Images by split. */
  splits: Record<string, number>;
}

const known = new Map<string, { stamp: string; shape: DatasetShape | undefined }>();

/** Undefined where the heads are not those of such a dataset: the worker will say what is wrong. */
export function datasetShape(location: DatasetLocation): DatasetShape | undefined {
  const stamp = String(statSync(location.path, { throwIfNoEntry: false })?.mtimeMs ?? '');
  const before = known.get(location.path);
  if (before?.stamp === stamp) return before.shape;
  let shape: DatasetShape | undefined;
  try {
    shape = idxShape(location.path);
  } catch {
    shape = undefined;
  }
  known.set(location.path, { stamp, shape });
  return shape;
}

function idxShape(folder: string): DatasetShape {
  const splits = idxSplits(readdirSync(folder));
  const first = splits.find((s) => s.split === 'train') ?? splits[0];
  if (!first?.labels) throw new UnsmoothError('DATASET_INVALID', `${folder}: no images with labels`);
  const dims = (file: string, rank: number) => {
    const head = headOf(path.join(folder, file), 4 + 4 * rank);
    if (head.readUInt32BE(0) !== 0x800 + rank) throw new UnsmoothError('DATASET_INVALID', `${file}: not IDX`);
    return Array.from({ length: rank }, (_, d) => head.readUInt32BE(4 + 4 * d));
  };
  const [, height = 0, width = 0] = dims(first.images, 3);
  const content = readFileSync(path.join(folder, first.labels));
  const labels = (first.labels.endsWith('.gz') ? gunzipSync(content) : content).subarray(8);
  const classes = labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const counts = splits.map((s) => [s.split, dims(s.images, 3)[0] ?? 0]);
  return { classes, channels: 1, width, height, splits: Object.fromEntries(counts) };
}

/** The first bytes of a file, of a compressed one those of its content. */
function headOf(file: string, length: number): Buffer {
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(4096);
    const found = start.subarray(0, readSync(fd, start, 0, start.length, 0));
    return file.endsWith('.gz')
      ? gunzipSync(found, { finishFlush: constants.Z_SYNC_FLUSH })
      : found.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
