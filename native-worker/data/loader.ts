// The streams of a run: training batches by step, evaluation batches in file order. Which images a batch has depends on (seed, step)
// alone: nothing is carried over, so a resumed run needs no loader state but its step. Knows no models and no mixing.
import { UnsmoothError } from '../../contract/errors.ts';
import type { FedBatch, Feed, Stream } from './feeder.ts';
import type { ImageOptions } from './loader-image.ts';
import { blocksOf, epochOrder } from './order.ts';
import { assertLabelled, type Subset } from './subset.ts';

/** How images become squares and floats: fields of a recipe's data section. */
export interface Looks {
  readonly channels: 1 | 3;
  readonly imgSize: number;
  readonly interpolation: ImageOptions['interpolation'];
  readonly cropPct: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly onBroken: ImageOptions['onBroken'];
}

export interface TrainingOptions {
  readonly batch: number;
  /** Forward passes in all. */
  readonly steps: number;
  readonly seed: number;
  readonly order: 'shuffled' | 'sequential';
  /** Copies of an image that follow one another; 0 or 1: off. */
  readonly repeats: number;
  readonly augment: ImageOptions['augment'];
}

/**
 * Batch k is the one of forward pass k. An epoch is as many batches as the subset fills; a rest is left out. Throws RECIPE_INVALID where
 * it does not fill one, DATASET_INVALID where an image has no label.
 */
export function trainingStream(subset: Subset, looks: Looks, o: TrainingOptions): Stream {
  const { split, count } = subset;
  const { batch } = o;
  const perEpoch = Math.floor(count / batch);
  if (perEpoch === 0) {
    const message = `${batch} is more than the ${count} images of split ${split.name}`;
    throw new UnsmoothError('RECIPE_INVALID', `train.batch_size: ${message}`, 'Use a smaller batch or more images.', [
      { where: 'train.batch_size', message },
    ]);
  }
  assertLabelled(subset, 'training');
  const blocks = blocksOf(subset);
  const placeOf = epochOrder({ count, blocks, order: o.order, seed: o.seed, repeats: o.repeats });
  return {
    images: { ...imagesOf(subset, looks), augment: o.augment, seed: o.seed, keptBlocks: blocks?.window ?? 0 },
    batch,
    batches: o.steps,
    blocks,
    labels: split.labels,
    plan(k, places) {
      const epoch = Math.floor(k / perEpoch);
      const from = (k - epoch * perEpoch) * batch;
      for (let b = 0; b < batch; b++) places[b] = placeOf(epoch, from + b);
      return batch;
    },
  };
}

/** The subset in order, never augmented; the last batch is padded. */
export function evaluationStream(subset: Subset, looks: Looks, batch: number): Stream {
  const blocks = blocksOf(subset);
  return {
    images: { ...imagesOf(subset, looks), augment: null, seed: 0, keptBlocks: 1 },
    batch,
    batches: Math.ceil(subset.count / batch),
    blocks: blocks && { ...blocks, window: 1 },
    labels: subset.split.labels,
    plan(k, places) {
      const valid = Math.min(batch, subset.count - k * batch);
      for (let b = 0; b < valid; b++) places[b] = k * batch + b;
      return valid;
    },
  };
}

/** Every batch of a feed in turn. */
export async function* allBatches(feed: Feed): AsyncGenerator<FedBatch, void, undefined> {
  for (let k = 0; k < feed.batches; k++) yield await feed.take(k);
}

const imagesOf = ({ split, count, samples }: Subset, looks: Looks) => ({
  source: split.source,
  samples,
  count,
  ...looks,
});
