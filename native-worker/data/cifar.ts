// CIFAR's binary files as a dataset: 32 x 32 colour, planar, labels in front of each image. Knows nothing of batches.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import type { Dataset, Split } from './dataset.ts';
import { invalid } from './idx-file.ts';
import { isNoise, listed } from './names.ts';
import type { PixelSource } from './samples.ts';

const side = 32;
const plane = side * side;
const pixelBytes = 3 * plane;

/** https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version". */
const layouts = {
  cifar10: {
    classes: 10,
    /** Bytes before the pixels; the label is the last of them. */
    labelBytes: 1,
    splits: { train: /^data_batch_\d+\.bin$/i, test: /^test_batch\.bin$/i },
    files: 'data_batch_1.bin … and test_batch.bin',
    names: 'batches.meta.txt',
    note: 'CIFAR-10',
  },
  cifar100: {
    classes: 100,
    labelBytes: 2,
    splits: { train: /^train\.bin$/i, test: /^test\.bin$/i },
    files: 'train.bin and test.bin',
    names: 'fine_label_names.txt',
    note: 'CIFAR-100, fine labels; the 20 coarse ones are not read',
  },
} as const;
type Kind = keyof typeof layouts;

/** Files of each split that is there. */
export function cifarFiles(kind: Kind, names: readonly string[]): { split: string; files: string[] }[] {
  return Object.entries(layouts[kind].splits)
    .map(([split, pattern]) => ({ split, files: names.filter((n) => pattern.test(n)).sort() }))
    .filter(({ files }) => files.length > 0);
}

/** Throws DATASET_INVALID naming file, field, expected and found. */
export function openCifar(location: DatasetLocation, kind: Kind): Dataset {
  const { name, path } = location;
  const { classes, names, note } = layouts[kind];
  const found = readdirSync(path).filter((n) => !isNoise(n));
  const parts = cifarFiles(kind, found);
  if (parts.length === 0) throw invalid(path, 'files', layouts[kind].files, listed(found) || 'an empty folder');
  const splits = parts.map(({ split, files }) =>
    splitOf(
      kind,
      split,
      files.map((f) => join(path, f)),
    ),
  );
  const dictionary = found.find((n) => n.toLowerCase() === names);
  let fingerprint: string | undefined;
  return {
    name,
    kind,
    path,
    classes,
    classNames: dictionary ? namesIn(join(path, dictionary), classes) : null,
    channels: 3,
    splits: Object.fromEntries(splits.map((s) => [s.name, s])),
    notes: [`${note}: ${parts.map((p) => `${p.split} from ${listed(p.files, 6)}`).join('; ')}`],
    problems: [],
    get fingerprint() {
      fingerprint ??= fingerprintOf(kind, splits);
      return fingerprint;
    },
  };
}

function namesIn(file: string, classes: number): string[] {
  const lines = readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .map((l) => l.trim());
  const names = lines.filter((l) => l !== '');
  if (names.length === classes) return names;
  throw invalid(file, 'class names', `${classes} lines`, String(names.length));
}

/** Labels are read now, pixels when they are first asked for. */
function splitOf(kind: Kind, name: string, files: readonly string[]): Split {
  const { labelBytes, classes } = layouts[kind];
  const record = labelBytes + pixelBytes;
  const counts = files.map((file) => {
    const { size } = statSync(file);
    if (size === 0 || size % record !== 0)
      throw invalid(
        file,
        'size',
        `a multiple of ${record} bytes, one record an image`,
        `${size} bytes (truncated, or of another kind)`,
      );
    return size / record;
  });
  const count = counts.reduce((a, b) => a + b, 0);
  const labels = new Int32Array(new SharedArrayBuffer(4 * count));
  let at = 0;
  for (const file of files) {
    const content = readFileSync(file);
    for (let from = 0; from < content.length; from += record) {
      const label = content[from + labelBytes - 1]!;
      if (label >= classes)
        throw invalid(file, `label of image ${from / record}`, `0 to ${classes - 1}`, String(label));
      labels[at++] = label;
    }
  }
  let pixels: Uint8Array | undefined;
  return {
    name,
    count,
    labels,
    byClass: false,
    size: { width: side, height: side },
    blocks: null,
    get source(): PixelSource {
      pixels ??= interleaved(files, labelBytes, count);
      return { kind: 'pixels', pixels, width: side, height: side, channels: 3, file: files.join(', ') };
    },
  };
}

/** uint8 (count, 32, 32, 3) in shared memory, from records of three planes. */
function interleaved(files: readonly string[], labelBytes: number, count: number): Uint8Array {
  const out = new Uint8Array(new SharedArrayBuffer(count * pixelBytes));
  let to = 0;
  for (const file of files) {
    const content = readFileSync(file);
    for (let from = labelBytes; from < content.length; from += labelBytes + pixelBytes)
      for (let p = from; p < from + plane; p++) {
        out[to++] = content[p]!;
        out[to++] = content[p + plane]!;
        out[to++] = content[p + 2 * plane]!;
      }
  }
  return out;
}

function fingerprintOf(kind: Kind, splits: readonly Split[]): string {
  const hash = createHash('sha256').update(`${kind}\n`);
  for (const { name, count, labels, source } of splits) {
    hash.update(`${name} ${count}\n`).update(new Uint8Array(labels.buffer));
    if (source.kind === 'pixels') hash.update(source.pixels);
  }
  return hash.digest('hex');
}
