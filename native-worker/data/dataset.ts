// What a dataset is to the rest of the worker, whatever files it came from. Knows nothing of recipes, batches or the engine.
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetKind } from '../../contract/recipe.ts';
import type { DatasetFindings } from '../../contract/saved/dataset.ts';
import type { SampleSource } from './samples.ts';

export interface Split {
  readonly name: string;
  readonly count: number;
  /** [count], each in 0 … classes-1, or -1: no label. */
  readonly labels: Int32Array;
  /** Sorted class by class (a folder of class folders): a limit takes evenly spaced samples, elsewhere the first. */
  readonly byClass: boolean;
  /** Of every image, where the format fixes it; null: each has its own. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** Where runs of samples begin that are read together (row groups of a Parquet file), ascending from 0; null: any order costs the same. */
  readonly blocks: Uint32Array | null;
  /** Bytes of a block on average; what several of them take in memory. */
  readonly blockBytes?: number;
  /** Where the samples are, as plain data and shared memory: what a loader thread is given to read them by openSamples. */
  readonly source: SampleSource;
}

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetKind;
  /** Absolute. */
  readonly path: string;
  readonly classes: number;
  /** [classes]; null where the files name none. */
  readonly classNames: readonly string[] | null;
  /** Of the images as stored: 1 grey, 3 colour. */
  readonly channels: 1 | 3;
  /** sha256, hex: over decoded content where all of it is read anyway (idx, cifar), else over names, sizes and labels. */
  readonly fingerprint: string;
  readonly splits: Readonly<Record<string, Split>>;
  /** Sentences: what was detected and by what, what was ignored or mapped. */
  readonly notes: readonly string[];
  /** What is wrong with its files, as far as opening it shows. */
  readonly problems: DatasetFindings['problems'];
  /** All of them, where more were found than are listed. */
  readonly problemCount?: number;
}

/** The named split. Throws DATASET_INVALID listing those that exist; `hint` says where one is named. */
export function splitOf(dataset: Dataset, name: string, hint = 'Name one of those.'): Split {
  const split = Object.hasOwn(dataset.splits, name) ? dataset.splits[name] : undefined;
  if (split) return split;
  throw new UnsmoothError(
    'DATASET_INVALID',
    `dataset ${dataset.name} (${dataset.path}) has no split ${name}; it has ${Object.keys(dataset.splits).join(', ')}`,
    hint,
  );
}
