// What a dataset is: identity, splits, class balance, normalisation statistics. Reads every pixel once; never loads the engine.
import type { JobResult } from '../../contract/worker-api.ts';
import { openDataset, type Split } from '../data/dataset.ts';
import type { RunJob } from '../job-context.ts';

/** Throws DATASET_NOT_FOUND or DATASET_INVALID. Mean and std are those of the training split (else the first), scaled to 0..1. */
export const dataset: RunJob<'dataset'> = async ({ dataset: location }): Promise<JobResult> => {
  const opened = openDataset(location);
  const splits = Object.values(opened.splits);
  const infos = splits.map((s) => ({ name: s.name, images: s.count, perClass: perClass(s, opened.classes) }));
  const measured = (opened.splits.train ?? splits[0]) as Split;
  return {
    type: 'dataset',
    identity: {
      name: opened.name,
      kind: opened.kind,
      path: opened.path,
      fingerprint: opened.fingerprint,
      classes: opened.classes,
      channels: opened.channels,
      train: opened.splits.train?.count ?? 0,
      val: opened.splits.test?.count ?? 0,
    },
    splits: infos,
    width: opened.width,
    height: opened.height,
    ...statistics(measured),
    problems: [
      ...(opened.width === opened.height ? [] : [`images are ${opened.width} x ${opened.height}, not square`]),
      ...['train', 'test'].filter((s) => !opened.splits[s]).map((s) => `no split ${s}`),
      ...infos.flatMap((s) => s.perClass.flatMap((n, c) => (n ? [] : [`split ${s.name} has no image of class ${c}`]))),
    ],
  };
};

function perClass(split: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of split.labels) counts[label]!++;
  return counts;
}

/** Per channel over all pixels, exactly, by the histogram of the bytes. */
function statistics({ images, channels }: Split): { mean: number[]; std: number[] } {
  const mean: number[] = [];
  const std: number[] = [];
  for (let c = 0; c < channels; c++) {
    const histogram = new Uint32Array(256);
    for (let i = c; i < images.length; i += channels) histogram[images[i]!]!++;
    const pixels = images.length / channels;
    const moment = (f: (x: number) => number) => histogram.reduce((sum, n, v) => sum + n * f(v / 255), 0) / pixels;
    const m = moment((x) => x);
    mean.push(m);
    std.push(Math.sqrt(moment((x) => (x - m) ** 2)));
  }
  return { mean, std };
}
