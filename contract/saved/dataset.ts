// <library>/datasets/<name>.json: where a dataset lies and what was found there. The data itself stays where it is.
import { z } from 'zod';
import { datasetKinds } from '../recipe.ts';
import type { Format } from './format.ts';
import { datasetIdentity } from './run.ts';

export const splitInfo = z.object({
  name: z.string(),
  images: z.int(),
  /** By class. */
  perClass: z.array(z.int()),
  /** Images without a label. */
  unlabelled: z.int(),
});
/** What a dataset is, as the `dataset` job found it and the library keeps it. */
export const datasetFindings = z.object({
  identity: datasetIdentity,
  splits: z.array(splitInfo),
  /** In the order of the labels; null where the files name none. */
  classNames: z.array(z.string()).nullable(),
  /** Smallest and largest; equal where every image has the same size. */
  sizes: z.object({ min: z.tuple([z.int(), z.int()]), max: z.tuple([z.int(), z.int()]) }),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  /** How many images mean and std were taken of. */
  measured: z.int(),
  /** Images that were decoded, or only had their head read. */
  checked: z.object({ decoded: z.int(), heads: z.int() }),
  /** Sentences: what was detected and by what, what was ignored or mapped, how many. */
  notes: z.array(z.string()),
  /** What is wrong, by path; at most 1,000 of them. */
  problems: z.array(z.object({ where: z.string(), message: z.string() })),
  /** All of them, counted. */
  problemCount: z.int(),
});
export type DatasetFindings = z.infer<typeof datasetFindings>;

export const datasetSchema = z.object({
  version: z.literal(2),
  name: z.string(),
  kind: z.enum(datasetKinds),
  /** The kind was found by what is there; false: the user said it. */
  detected: z.boolean(),
  /** Absolute path of the folder or file. */
  path: z.string(),
  /** As it was when it was added or last checked. */
  findings: datasetFindings,
  /** ISO times. */
  added: z.string(),
  checked: z.string(),
});
export type SavedDataset = z.infer<typeof datasetSchema>;

/** Version 1 knew IDX folders alone, whose images have one size and are all read. */
const firstVersion = z.object({
  name: z.string(),
  path: z.string(),
  identity: datasetIdentity,
  splits: z.array(z.object({ name: z.string(), images: z.int(), perClass: z.array(z.int()) })),
  width: z.int(),
  height: z.int(),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  added: z.string(),
});

function fromFirst(data: Record<string, unknown>): Record<string, unknown> {
  const { name, path, identity, splits, width, height, mean, std, added } = firstVersion.parse(data);
  const size = [width, height];
  const images = splits.reduce((sum, s) => sum + s.images, 0);
  const findings = {
    identity,
    splits: splits.map((s) => ({ ...s, unlabelled: 0 })),
    classNames: null,
    sizes: { min: size, max: size },
    mean,
    std,
    measured: splits.find((s) => s.name === 'train')?.images ?? splits[0]?.images ?? 0,
    checked: { decoded: images, heads: 0 },
    notes: [],
    problems: [],
    problemCount: 0,
  };
  return { name, kind: 'idx', detected: false, path, findings, added, checked: added };
}

export const datasetFormat: Format<typeof datasetSchema> = {
  name: 'dataset',
  version: 2,
  schema: datasetSchema,
  migrations: { 1: fromFirst },
};
