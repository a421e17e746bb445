// <library>/results/<key>.json: what evaluate and diagnose found on one checkpoint, so that it need not be computed again.
import { z } from 'zod';
import { diagnoseResult, evaluateResult } from '../worker-api.ts';
import type { Format } from './format.ts';

const at = {
  /** ISO time. */
  at: z.string(),
  /** The set of weights that was asked for, of a file that has several; heads, mean and std where they were given beside the file. */
  weights: z.string().nullable().default(null),
  heads: z.int().nullable().default(null),
  mean: z.array(z.number()).nullable().default(null),
  std: z.array(z.number()).nullable().default(null),
};

export const checkpointResultsSchema = z.object({
  version: z.literal(1),
  /** Absolute path of the weights file, its size and time of change: of another file the results are not. */
  file: z.string(),
  bytes: z.int(),
  mtime_ms: z.number(),
  /** Newest first. */
  evaluations: z.array(evaluateResult.omit({ type: true }).extend(at)),
  diagnoses: z.array(diagnoseResult.omit({ type: true }).extend(at)),
});
export type SavedCheckpointResults = z.infer<typeof checkpointResultsSchema>;
export const checkpointResultsFormat: Format<typeof checkpointResultsSchema> = {
  name: 'checkpoint results',
  version: 1,
  schema: checkpointResultsSchema,
  migrations: {},
};
