// The images of a run: which of a dataset it trains on, is measured on and is probed with, and the streams they come in.
import type { Recipe } from '../../contract/recipe.ts';
import { type Dataset, type Split, splitOf } from '../data/dataset.ts';
import { type Feeder, openFeeder, threadsFor } from '../data/feeder.ts';
import { evaluationStream, type Looks, trainingStream } from '../data/loader.ts';
import type { Broken } from '../data/loader-image.ts';
import { allOf, assertLabelled, heldOut, limited, type Subset } from '../data/subset.ts';
import type { EvaluationData } from './evaluation.ts';
import type { Plan } from './plan.ts';

export interface RunImages {
  readonly train: Subset;
  readonly validation: Subset;
  readonly probe: Subset;
}

const validationHint =
  'Set data.val_split to one of those, or hold a part of the training split out with data.val_share.';

/** Throws DATASET_INVALID for a split that is not there, or an image without a label where one is needed. */
export function runImages({ data, probe, seed }: Recipe, dataset: Dataset): RunImages {
  const split = splitOf(dataset, data.train_split, 'Set data.train_split to one of those.');
  const parts =
    data.val_share === null
      ? { kept: allOf(split), held: allOf(splitOf(dataset, data.val_split, validationHint)) }
      : heldOut(split, data.val_share, seed);
  const train = limited(parts.kept, data.train_limit);
  const validation = limited(parts.held, data.val_limit);
  assertLabelled(train, 'training');
  assertLabelled(validation, 'validation');
  return { train, validation, probe: limited(probe.split === 'val' ? validation : train, probe.images) };
}

export interface RunStreams {
  readonly feeder: Feeder;
  readonly validation: EvaluationData;
  readonly probe: EvaluationData;
}

/** Feed 0 of the feeder is the training's, of forward pass k. `broken`: once an image and stream. */
export function openStreams(plan: Plan, images: RunImages, broken: (image: Broken) => void): RunStreams {
  const { recipe, model, batch, evalBatch, steps } = plan;
  const { data, augment, seed, train } = recipe;
  const looks: Looks = {
    channels: model.in_chans === 1 ? 1 : 3,
    imgSize: model.img_size,
    interpolation: data.interpolation,
    cropPct: data.crop_pct,
    mean: data.mean,
    std: data.std,
    onBroken: data.on_broken,
  };
  const training = trainingStream(images.train, looks, {
    batch,
    steps: steps * train.grad_accum,
    seed,
    order: data.order,
    repeats: augment.aug_repeats,
    augment,
  });
  const streams = [training, ...[images.validation, images.probe].map((s) => evaluationStream(s, looks, evalBatch))];
  const feeder = openFeeder(streams, loaderThreads(recipe, images.train.split), broken);
  const evaluation = (i: number, { split, count }: Subset): EvaluationData => ({
    feed: feeder.feeds[i]!,
    split: split.name,
    images: count,
    batch: evalBatch,
  });
  return { feeder, validation: evaluation(1, images.validation), probe: evaluation(2, images.probe) };
}

/** auto: none for pixels that are used as they are, with little done to them. */
function loaderThreads({ data, augment }: Recipe, { source, size }: Split): number {
  const resized = size?.width !== data.img_size || size.height !== data.img_size;
  const costly = resized || augment.train_crop_mode !== 'none' || augment.aa !== null || augment.color_jitter > 0;
  return data.workers === 'auto' && source.kind === 'pixels' && !costly ? 0 : threadsFor(data.workers);
}
