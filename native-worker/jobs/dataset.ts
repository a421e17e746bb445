// What a dataset is: identity, splits, class balance, sizes, normalisation statistics, broken images by path. Never loads the engine.
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobResult } from '../../contract/worker-api.ts';
import type { Dataset, Split } from '../data/dataset.ts';
import { Findings } from '../data/findings.ts';
import { listed } from '../data/names.ts';
import { openDataset } from '../data/open.ts';
import { openingOf } from '../data/opening.ts';
import type { RunJob } from '../job-context.ts';
import { inspectImages } from './dataset-images.ts';

/**
 * Throws DATASET_NOT_FOUND, DATASET_INVALID, STOPPED. Mean and std are those of the training split (else the first), scaled to 0..1,
 * over at most 50,000 evenly spaced images where they must be decoded for it.
 */
export const dataset: RunJob<'dataset'> = async ({ dataset: location, check }, context): Promise<JobResult> => {
  const opened = await openDataset(location, openingOf(context));
  const splits = Object.values(opened.splits);
  const infos = splits.map((s) => ({
    name: s.name,
    images: s.count,
    perClass: perClass(s, opened.classes),
    unlabelled: s.labels.reduce((n, y) => n + Number(y < 0), 0),
  }));
  const findings = new Findings();
  for (const problem of opened.problems) findings.problem(problem.where, problem.message);
  findings.problemCount = Math.max(findings.problemCount, opened.problemCount ?? 0);
  for (const message of splitProblems(opened, infos)) findings.problem(opened.path, message);
  const images = await inspectImages(opened, trainingSplit(opened), check, findings, context);
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
      val: validationSplit(opened)?.count ?? 0,
    },
    splits: infos,
    classNames: opened.classNames && [...opened.classNames],
    ...images,
    notes: [...opened.notes, ...splitNotes(opened), ...unlabelledNotes(infos), ...findings.notes()],
    problems: findings.problems,
    problemCount: findings.problemCount,
  };
};

function trainingSplit({ splits, path }: Dataset): Split {
  const split = splits.train ?? Object.values(splits)[0];
  if (split) return split;
  throw new UnsmoothError(
    'DATASET_INVALID',
    `${path}: there is no split in it`,
    'Give the folder that holds the data.',
  );
}

const validationNames = ['test', 'val', 'validation', 'valid'];
const validationSplit = ({ splits }: Dataset): Split | undefined =>
  validationNames.map((n) => (Object.hasOwn(splits, n) ? splits[n] : undefined)).find((s) => s !== undefined);

function perClass(split: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of split.labels) if (label >= 0) counts[label]!++;
  return counts;
}

interface SplitInfo {
  name: string;
  images: number;
  perClass: readonly number[];
  unlabelled: number;
}

const unlabelledNotes = (infos: readonly SplitInfo[]): string[] =>
  infos
    .filter((s) => s.unlabelled > 0 && s.unlabelled < s.images)
    .map((s) => `${s.unlabelled} of ${s.images} images of split ${s.name} have no label`);

function splitProblems(dataset: Dataset, infos: readonly SplitInfo[]): string[] {
  const { classNames } = dataset;
  const named = (c: number) => (classNames ? `${c} (${classNames[c]})` : String(c));
  return infos.flatMap(({ name, images, perClass, unlabelled }) => {
    if (images === 0) return [`split ${name} has no image`];
    if (unlabelled === images) return [`split ${name} has no labels`];
    const missing = perClass.flatMap((n, c) => (n > 0 ? [] : [named(c)]));
    if (missing.length === 0) return [];
    return missing.length === 1
      ? [`split ${name} has no image of class ${missing[0]}`]
      : [`split ${name} has no image of ${missing.length} classes: ${listed(missing, 10)}`];
  });
}

/** Which fields of a recipe these splits need: its defaults are train and test. Nothing is wrong with data of other splits. */
function splitNotes({ splits }: Dataset): string[] {
  const names = Object.keys(splits);
  const [first = '', ...others] = names;
  if (others.length === 0)
    return [
      `one split: ${first === 'train' ? '' : `train with data.train_split: ${first}, and `}hold a part of it out with data.val_share, as 0.1`,
    ];
  if (splits.train && splits.test) return [];
  const validation = validationNames.find((n) => names.includes(n));
  return [
    `a recipe reads train and test: ${[
      ...(splits.train ? [] : [`set data.train_split to one of ${listed(names)}`]),
      ...(splits.test
        ? []
        : [validation ? `set data.val_split: ${validation}` : 'set data.val_split or data.val_share']),
    ].join(', ')}`,
  ];
}
