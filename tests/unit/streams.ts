// Streams of plain pixels for tests, as feeds made in the test's own thread.
import type { Split } from '../../native-worker/data/dataset.ts';
import { type Feed, openFeeder } from '../../native-worker/data/feeder.ts';
import { evaluationStream, type Looks, type TrainingOptions, trainingStream } from '../../native-worker/data/loader.ts';
import { allOf, limited } from '../../native-worker/data/subset.ts';

export const looks = (imgSize: number, more: Partial<Looks> = {}): Looks => ({
  channels: 1,
  imgSize,
  interpolation: 'bicubic',
  cropPct: 1,
  mean: [0],
  std: [1 / 255],
  onBroken: 'stop',
  ...more,
});

/** Nothing done to the images. */
export const plainAugment = {
  train_crop_mode: 'none',
  scale: [0.08, 1],
  ratio: [3 / 4, 4 / 3],
  crop_padding: 0,
  hflip: 0,
  color_jitter: 0,
  aa: null,
  reprob: 0,
  remode: 'pixel',
} satisfies TrainingOptions['augment'];

export const training = (more: Partial<TrainingOptions> = {}): TrainingOptions => ({
  batch: 3,
  steps: 1000,
  seed: 5,
  order: 'shuffled',
  repeats: 0,
  augment: plainAugment,
  ...more,
});

export function trainingFeed(split: Split, l: Looks, o: TrainingOptions, limit: number | null = null): Feed {
  return openFeeder([trainingStream(limited(allOf(split), limit), l, o)], 0, () => {}).feeds[0]!;
}

export function evaluationFeed(split: Split, l: Looks, batch: number, limit: number | null = null): Feed {
  return openFeeder([evaluationStream(limited(allOf(split), limit), l, batch)], 0, () => {}).feeds[0]!;
}
