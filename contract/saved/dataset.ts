// <library>/datasets/<name>.json: where a dataset lies and what was found there. The data itself stays where it is.
import { z } from 'zod';
import type { Format } from './format.ts';
import { datasetIdentity } from './run.ts';

export const datasetSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  kind: z.enum(['idx']),
  /** Absolute path of the folder. */
  path: z.string(),
  /** As it was when it was added. */
  identity: datasetIdentity,
  splits: z.array(z.object({ name: z.string(), images: z.int(), perClass: z.array(z.int()) })),
  width: z.int(),
  height: z.int(),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  /** ISO time. */
  added: z.string(),
});
export type SavedDataset = z.infer<typeof datasetSchema>;
export const datasetFormat: Format<typeof datasetSchema> = {
  name: 'dataset',
  version: 1,
  schema: datasetSchema,
  migrations: {},
};
