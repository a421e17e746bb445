// A folder of IDX files as a dataset: pairs images with labels, names the splits, checks that everything agrees.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { idxSplits } from '../../core/idx-names.ts';
import type { Dataset, Split } from './dataset.ts';
import { type IdxHeader, invalid, openIdxFile } from './idx-file.ts';
import { type LabelMap, labelMap } from './label-map.ts';
import type { PixelSource } from './samples.ts';

interface IdxSplit {
  split: Split;
  source: PixelSource;
  labels: IdxHeader;
}

/** Every split of the folder, by core/idx-names. Throws DATASET_INVALID. */
export function openIdx(location: DatasetLocation): Dataset {
  const { name, path } = location;
  const kind = 'idx';
  const found = readdirSync(path).sort();
  const splitFiles = idxSplits(found);
  if (splitFiles.length === 0)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${path}: expected files like train-images-idx3-ubyte[.gz], found ${found.slice(0, 5).join(', ') || 'an empty folder'}`,
      'Give the folder that holds the IDX files.',
    );
  const opened = splitFiles.map(({ split, prefix, images, labels }) => {
    if (!labels)
      throw invalid(join(path, images), 'labels', `a file ${prefix}-labels-idx1-ubyte[.gz] beside it`, 'none');
    return openSplit(split, join(path, images), join(path, labels));
  });
  const first = (opened.find((o) => o.split.name === 'train') ?? opened[0])!;
  const { width, height } = first.source;
  const map = labelMap(first.split.labels);
  for (const { split, source, labels } of opened) {
    if (source.width !== width || source.height !== height)
      throw invalid(path, `size of split ${split.name}`, `${height} x ${width}`, `${source.height} x ${source.width}`);
    mapLabels(split.labels, labels.file, map);
  }
  const splits = Object.fromEntries(opened.map((o) => [o.split.name, o.split]));
  let fingerprint: string | undefined;
  return {
    name,
    kind,
    path,
    classes: map.classes,
    classNames: map.from?.map(String) ?? null,
    channels: 1,
    splits,
    notes: [
      `IDX: ${splitFiles.map((f) => f.images).join(', ')}, each with its labels`,
      ...(map.note ? [map.note] : []),
    ],
    problems: [],
    get fingerprint() {
      fingerprint ??= fingerprintOf(kind, opened);
      return fingerprint;
    },
  };
}

function openSplit(name: string, imagePath: string, labelPath: string): IdxSplit {
  const images = openIdxFile(imagePath, 3);
  const labels = openIdxFile(labelPath, 1);
  const [count = 0, height = 0, width = 0] = images.dims;
  if (labels.dims[0] !== count)
    throw invalid(labelPath, 'count', `${count} labels, one per image of ${imagePath}`, `${labels.dims[0]}`);
  let pixels: Uint8Array | undefined;
  const source: PixelSource = {
    kind: 'pixels',
    width,
    height,
    channels: 1,
    file: imagePath,
    get pixels() {
      pixels ??= shared(images.payload());
      return pixels;
    },
  };
  const split: Split = {
    name,
    count,
    labels: Int32Array.from(labels.payload()),
    byClass: false,
    size: { width, height },
    blocks: null,
    get source() {
      return { ...source };
    },
  };
  return { split, source, labels };
}

/** The same bytes in memory that threads share. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** In place. Throws DATASET_INVALID for a label that the first split lacks. */
function mapLabels(labels: Int32Array, file: string, map: LabelMap): void {
  const known = map.from ? `${map.from[0]} to ${map.from.at(-1)}` : `0 to ${map.classes - 1}`;
  for (const [i, label] of labels.entries()) {
    const place = map.of(label);
    if (place === undefined)
      throw invalid(file, `label ${i}`, `${known} (the classes of the training split)`, String(label));
    labels[i] = place;
  }
}

function fingerprintOf(kind: string, opened: readonly IdxSplit[]): string {
  const hash = createHash('sha256').update(`${kind}\n`);
  for (const { split, source } of [...opened].sort((a, b) => (a.split.name < b.split.name ? -1 : 1))) {
    hash.update(`${split.name} ${split.count} ${source.height} ${source.width} ${source.channels}\n`);
    hash.update(source.pixels).update(Uint8Array.from(split.labels));
  }
  return hash.digest('hex');
}
