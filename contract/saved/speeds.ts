// <cache>/speeds.json: how fast each engine trained when it was measured on this machine.
import { z } from 'zod';
import type { Format } from './format.ts';

export const speedSchema = z.object({
  /** A training step of the example's model, batch 64. */
  images_per_s: z.number(),
  /** Speed by the width of the model: small products are slower. Rising width. */
  points: z.array(z.object({ width: z.int(), gflops: z.number() })).min(1),
  threads: z.int(),
  /** Version of the engine that was measured. */
  engine_version: z.string(),
  /** ISO time. */
  at: z.string(),
});
export type SavedSpeed = z.infer<typeof speedSchema>;

export const speedsSchema = z.object({
  version: z.literal(1),
  engines: z.partialRecord(z.enum(['cuda', 'cpu', 'webgpu', 'wasm']), speedSchema),
});
export const speedsFormat: Format<typeof speedsSchema> = {
  name: 'measured speeds',
  version: 1,
  schema: speedsSchema,
  migrations: {},
};
