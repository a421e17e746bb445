// Counts and sizes of a dataset without reading it: what was found when it was added, else the heads of IDX files. Milliseconds, for
// estimates and for refusing early. Of other kinds nothing is known here; the worker reads and checks everything.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import type { DatasetShape } from '../../contract/app/datasets.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetFindings } from '../../contract/saved/dataset.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { idxSplits } from '../../core/idx-names.ts';
import { changedSince } from './changed.ts';
import { readDataset } from './library.ts';

const known = new Map<string, { stamp: string; shape: DatasetShape | undefined }>();

/** Undefined where nothing is known, or no longer: the worker will say what there is. */
export function datasetShape(location: DatasetLocation, library: string): DatasetShape | undefined {
  return (
    savedShape(location, library) ?? (location.kind === null || location.kind === 'idx' ? idx(location) : undefined)
  );
}

function savedShape({ name, kind, path: place }: DatasetLocation, library: string): DatasetShape | undefined {
  try {
    const saved = readDataset(library, name);
    const fits = saved?.path === place && saved.kind === kind && !changedSince(place, saved.checked);
    return fits ? shapeOf(saved.findings) : undefined;
  } catch {
    return undefined; // a broken description is said where the dataset is named
  }
}

export function shapeOf({ identity, splits, sizes: { min, max } }: DatasetFindings): DatasetShape {
  const fixed = min[0] === max[0] && min[1] === max[1];
  return {
    classes: identity.classes,
    channels: identity.channels,
    size: fixed ? { width: max[0], height: max[1] } : null,
    splits: Object.fromEntries(splits.map((s) => [s.name, s.images])),
    unlabelled: Object.fromEntries(splits.flatMap((s) => (s.unlabelled > 0 ? [[s.name, s.unlabelled]] : []))),
  };
}

function idx(location: DatasetLocation): DatasetShape | undefined {
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
  return { classes, channels: 1, size: { width, height }, splits: Object.fromEntries(counts), unlabelled: {} };
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
