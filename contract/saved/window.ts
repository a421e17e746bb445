// <library>/window.json: where the window was and how large, in device-independent pixels.
import { z } from 'zod';
import type { Format } from './format.ts';

export const windowSchema = z.object({
  version: z.literal(1),
  x: z.int(),
  y: z.int(),
  width: z.int().min(1),
  height: z.int().min(1),
  maximised: z.boolean(),
  /** Chromium's zoom level: 0 is 100 %, each step a factor of 1.2. */
  zoom: z.number().min(-10).max(10),
});
export type SavedWindow = z.infer<typeof windowSchema>;
export const windowFormat: Format<typeof windowSchema> = {
  name: 'window',
  version: 1,
  schema: windowSchema,
  migrations: {},
};
