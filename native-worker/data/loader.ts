// Batches as a pure function of the step: nothing is carried over, so a resumed run needs no loader state but its step.
// Knows nothing of models, losses or patch mixing.
import { UnsmoothError } from '../../contract/errors.ts';
import { keyedRandom, permutation, streams } from '../../core/random.ts';
import type { Split } from './dataset.ts';
import { normaliseTable } from './normalise.ts';
import type { PixelSource } from './samples.ts';

export interface Batch {
  /** Normalised [batch, height, width, channels]. */
  images: Float32Array;
  /** [batch]. */
  labels: Int32Array;
  /** Place in the split, [batch]. */
  indices: Uint32Array;
}

export interface LoaderOptions {
  split: Split;
  /** Only the first N images of the split; null: all. */
  limit: number | null;
  batch: number;
  seed: number;
  order: 'shuffled' | 'sequential';
  mean: readonly number[];
  std: readonly number[];
  /** Probability of a horizontal flip. */
  hflip: number;
  /** Pixels of black border before cropping back at a random place; 0: no crop. */
  cropPadding: number;
  /** A last batch that is not full is never served. */
  dropLast: true;
}

export interface Loader {
  readonly stepsPerEpoch: number;
  /** The batch of micro step 0, 1, … The arrays are reused: they hold until the next call. */
  batch(microStep: number): Batch;
}

/** Throws RECIPE_INVALID where the split has fewer images than a batch or other channels than mean and std. */
export function createLoader(o: LoaderOptions): Loader {
  const { split, batch, seed } = o;
  const count = Math.min(split.count, o.limit ?? split.count);
  const stepsPerEpoch = Math.floor(count / batch);
  if (stepsPerEpoch === 0) {
    const message = `${batch} is more than the ${count} images of split ${split.name}`;
    throw new UnsmoothError('RECIPE_INVALID', `train.batch_size: ${message}`, 'Use a smaller batch or more images.', [
      { where: 'train.batch_size', message },
    ]);
  }
  const source = split.source;
  const table = normaliseTable(source.channels, o.mean, o.std);
  const pixels = source.height * source.width * source.channels;
  const images = new Float32Array(batch * pixels);
  const labels = new Int32Array(batch);
  const indices = new Uint32Array(batch);
  const moved = new Uint8Array(pixels);
  let order: { epoch: number; samples: Uint32Array } | undefined;

  const samplesOf = (epoch: number) => {
    if (order?.epoch !== epoch)
      order = { epoch, samples: permutation(count, keyedRandom(seed, streams.shuffle, epoch, 0)) };
    return order.samples;
  };
  return {
    stepsPerEpoch,
    batch(microStep) {
      const epoch = Math.floor(microStep / stepsPerEpoch);
      const from = (microStep - epoch * stepsPerEpoch) * batch;
      const samples = o.order === 'shuffled' ? samplesOf(epoch) : undefined;
      for (let b = 0; b < batch; b++) {
        const index = samples ? samples[from + b]! : from + b;
        indices[b] = index;
        labels[b] = split.labels[index]!;
        const at = b * pixels;
        if (o.hflip === 0 && o.cropPadding === 0)
          normalise(source.pixels, index * pixels, pixels, source.channels, table, images, at);
        else {
          const random = keyedRandom(seed, streams.augment, microStep, index);
          const shift = () => random.int(2 * o.cropPadding + 1) - o.cropPadding;
          move(source, index, shift(), shift(), random.bernoulli(o.hflip), moved);
          normalise(moved, 0, pixels, source.channels, table, images, at);
        }
      }
      return { images, labels, indices };
    },
  };
}

export interface EvaluationBatch {
  /** Normalised [batch, height, width, channels]; zeros after the valid ones. Reused: holds until the next batch. */
  images: Float32Array;
  /** [batch]; zeros after the valid ones. */
  labels: Int32Array;
  /** How many of the batch are real images. */
  valid: number;
}

/** The first `limit` images of the split in file order, never augmented; the last batch is padded to full size. */
export function* evaluationBatches(
  split: Split,
  limit: number | null,
  batch: number,
  mean: readonly number[],
  std: readonly number[],
): Generator<EvaluationBatch, void, undefined> {
  const count = Math.min(split.count, limit ?? split.count);
  const source = split.source;
  const table = normaliseTable(source.channels, mean, std);
  const pixels = source.height * source.width * source.channels;
  const images = new Float32Array(batch * pixels);
  const labels = new Int32Array(batch);
  for (let from = 0; from < count; from += batch) {
    const valid = Math.min(batch, count - from);
    for (let b = 0; b < valid; b++) {
      labels[b] = split.labels[from + b]!;
      normalise(source.pixels, (from + b) * pixels, pixels, source.channels, table, images, b * pixels);
    }
    images.fill(0, valid * pixels);
    labels.fill(0, valid);
    yield { images, labels, valid };
  }
}

/** `out[at …]` = table of `pixels` values of `source` from `from`. */
function normalise(
  source: Uint8Array,
  from: number,
  pixels: number,
  channels: number,
  table: Float32Array,
  out: Float32Array,
  at: number,
): void {
  if (channels === 1) for (let i = 0; i < pixels; i++) out[at + i] = table[source[from + i]!]!;
  else
    for (let i = 0; i < pixels; i += channels)
      for (let c = 0; c < channels; c++) out[at + i + c] = table[c * 256 + source[from + i + c]!]!;
}

/** One image into `out`, shifted by (dy, dx) over a black border, then mirrored: timm's random crop with padding, then the flip. */
function move(source: PixelSource, index: number, dy: number, dx: number, flip: boolean, out: Uint8Array): void {
  const { width, height, channels, pixels: images } = source;
  const row = width * channels;
  const left = Math.max(0, -dx);
  const right = Math.min(width, width - dx);
  out.fill(0);
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    const from = (index * height + y + dy) * row + dx * channels;
    if (!flip) out.set(images.subarray(from + left * channels, from + right * channels), y * row + left * channels);
    else
      for (let x = left; x < right; x++)
        for (let c = 0; c < channels; c++)
          out[y * row + (width - 1 - x) * channels + c] = images[from + x * channels + c]!;
  }
}
