// <library>/imports/<key>.json: a checkpoint that no run of ours wrote, where it lies and what was found there. The file stays where it is.
import { z } from 'zod';
import { inspectResult } from '../worker-api.ts';
import type { Format } from './format.ts';

/** As `inspect` found it; of the tensors only how many and of which types. */
export const importFindings = inspectResult.omit({ type: true, file: true, tensors: true }).extend({
  tensors: z.int(),
  dtypes: z.array(z.string()),
});
export type ImportFindings = z.infer<typeof importFindings>;

export const importSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** Absolute path of the file of weights, or of the index of its shards. */
  file: z.string(),
  /** Of that file when it was read: another size or time is another checkpoint. */
  bytes: z.int(),
  mtime_ms: z.number(),
  /** The set of weights that the user chose; null: the one that inspect takes. */
  weights: z.string().nullable(),
  /** Attention heads as the user said them, where the file does not. */
  heads: z.int().nullable(),
  found: importFindings,
  /** ISO times. */
  added: z.string(),
  checked: z.string(),
});
export type SavedImport = z.infer<typeof importSchema>;

export const importFormat: Format<typeof importSchema> = {
  name: 'import',
  version: 1,
  schema: importSchema,
  migrations: {},
};
