// What a dataset is to the rest of the worker, whatever files it came from. Knows nothing of recipes, batches or the engine.
import { existsSync, statSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { openIdx } from './idx.ts';

export interface Split {
  readonly name: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Decoded pixels [count, height, width, channels]; read from disk at the first use. */
  readonly images: Uint8Array;
  /** [count], each in 0 … classes-1. */
  readonly labels: Int32Array;
}

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetLocation['kind'];
  readonly path: string;
  readonly classes: number;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** sha256 over kind and decoded content of every split, hex; independent of compression. Reads everything at the first use. */
  readonly fingerprint: string;
  readonly splits: Readonly<Record<string, Split>>;
}

/** Opens what lies at `location`. Throws DATASET_NOT_FOUND, or DATASET_INVALID naming file, field, expected and found. */
export function openDataset(location: DatasetLocation): Dataset {
  if (!existsSync(location.path))
    throw new UnsmoothError(
      'DATASET_NOT_FOUND',
      `dataset ${location.name}: ${location.path} does not exist`,
      'Check the path.',
    );
  if (!statSync(location.path).isDirectory())
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${location.path}: expected a folder, found a file`,
      'Give the folder that holds the files.',
    );
  switch (location.kind) {
    case 'idx':
      return openIdx(location);
  }
}

/** The named split. Throws DATASET_INVALID listing those that exist. */
export function splitOf(dataset: Dataset, name: string): Split {
  const split = Object.hasOwn(dataset.splits, name) ? dataset.splits[name] : undefined;
  if (split) return split;
  throw new UnsmoothError(
    'DATASET_INVALID',
    `dataset ${dataset.name} (${dataset.path}) has no split ${name}; it has ${Object.keys(dataset.splits).join(', ')}`,
    'Name one of those.',
  );
}
