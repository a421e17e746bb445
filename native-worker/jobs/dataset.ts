// What a dataset is: identity, splits, class balance, normalisation statistics. Reads every pixel once; never loads the engine.
import type { JobResult } from '../../contract/worker-api.ts';
import type { Split } from '../data/dataset.ts';
import { openDataset } from '../data/open.ts';
import type { RunJob } from '../job-context.ts';

/** Throws DATASET_NOT_FOUND or DATASET_INVALID. Mean and std are those of the training split (else the first), scaled to 0..1. */
export const dataset: RunJob<'dataset'> = async ({ dataset: location }): Promise<JobResult> => {
  const opened = await openDataset(location);
  const splits = Object.values(opened.splits);
  const infos = splits.map((s) => ({
    name: s.name,
    images: s.count,
    perClass: perClass(s, opened.classes),
    unlabelled: s.labels.reduce((n, y) => n + Number(y < 0), 0),
  }));
  const measured = (opened.splits.train ?? splits[0]) as Split;
  const size = measured.source;
  const problem = (message: string) => ({ where: opened.path, message });
  const problems = [
    ...opened.problems,
    ...(size.width === size.height ? [] : [problem(`images are ${size.width} x ${size.height}, not square`)]),
    ...['train', 'test'].filter((s) => !opened.splits[s]).map((s) => problem(`no split ${s}`)),
    ...infos.flatMap((s) =>
      s.perClass.flatMap((n, c) => (n ? [] : [problem(`split ${s.name} has no image of class ${c}`)])),
    ),
  ];
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
    classNames: opened.classNames && [...opened.classNames],
    sizes: { min: [size.width, size.height], max: [size.width, size.height] },
    ...statistics(measured),
    measured: measured.count,
    checked: { decoded: splits.reduce((n, s) => n + s.count, 0), heads: 0 },
    notes: [...opened.notes],
    problems,
    problemCount: problems.length,
  };
};

function perClass(split: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of split.labels) if (label >= 0) counts[label]!++;
  return counts;
}

/** Per channel over all pixels, exactly, by the histogram of the bytes. */
function statistics({ source: { pixels: images, channels } }: Split): { mean: number[]; std: number[] } {
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
