// How one sample is read, by any thread: a source is plain data that crosses threads, a reader is that source opened in one of them.
// Knows nothing of decoding, labels or batches.
import { UnsmoothError } from '../../contract/errors.ts';
import { fileSamples } from './sources/files.ts';
import { parquetSamples } from './sources/parquet.ts';
import { pixelSamples } from './sources/pixels.ts';
import { spanSamples } from './sources/spans.ts';

/** Fields are plain data or shared memory, so that a source can be posted to a thread. */
export type SampleSource = PixelSource | FileSource | SpanSource | ParquetSource;

/** Decoded images of one size, all in (shared) memory: uint8 (count, height, width, channels). */
export interface PixelSource {
  readonly kind: 'pixels';
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** File the images came from, for messages. */
  readonly file: string;
}

/** A file an image, named by records of an index. */
export interface FileSource {
  readonly kind: 'files';
  /** Index file, and the sha256 of its header: a reader refuses another. */
  readonly index: string;
  readonly sum: string;
  /** Folder that the paths of the records start from. */
  readonly root: string;
  /** Offset of the split's records in the index. */
  readonly table: number;
}

/** Spans of larger files (members of tar archives), named by records of an index. */
export interface SpanSource extends Omit<FileSource, 'kind'> {
  readonly kind: 'spans';
  /** Relative to root, bytes as latin1. */
  readonly files: readonly string[];
}

/** Rows of Parquet files, read a row group at a time. */
export interface ParquetSource {
  readonly kind: 'parquet';
  readonly root: string;
  /** Relative to root, bytes as latin1. */
  readonly files: readonly string[];
  /** Top-level column of the images. */
  readonly column: string;
  /** First sample, file and row group of each, ascending. */
  readonly groups: readonly (readonly [first: number, file: number, group: number])[];
  readonly count: number;
}

/** One image as stored. `pixels`: uint8 (height, width, channels). `encoded`: the bytes of a jpeg, png, webp, gif … file. */
export type Sample =
  | { readonly pixels: Uint8Array; readonly width: number; readonly height: number; readonly channels: 1 | 3 }
  | { readonly encoded: Uint8Array };

export interface SampleReader {
  /** Sample i of the split. Throws DATASET_INVALID naming what cannot be read. The bytes hold until the next call. */
  read(i: number): Promise<Sample>;
  /** The first bytes of an encoded sample, where they are cheaper than all of it: most heads of images are shorter. */
  head?(i: number): Promise<Uint8Array>;
  /** Where sample i lies, for people: a path, or file and place in it. */
  where(i: number): string;
  close(): Promise<void>;
}

/** For what reads decoded images alone. Throws DATASET_INVALID for others. */
export function decodedOf(source: SampleSource): PixelSource {
  if (source.kind === 'pixels') return source;
  throw new UnsmoothError('DATASET_INVALID', 'only datasets of decoded images (IDX, CIFAR) can be used here so far');
}

/** `keptBlocks`: row groups that samples are read from by turns; absent: as many as memory is cheap for. */
export function openSamples(source: SampleSource, keptBlocks?: number): SampleReader {
  switch (source.kind) {
    case 'pixels':
      return pixelSamples(source);
    case 'files':
      return fileSamples(source);
    case 'spans':
      return spanSamples(source);
    case 'parquet':
      return parquetSamples(source, keptBlocks);
    default:
      return source satisfies never;
  }
}
