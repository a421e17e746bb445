// <cache>/form.json: which form of an engine was measured to be the faster one on this machine. `bench` writes it, new runs read it.
import { z } from 'zod';
import type { Format } from './format.ts';

export const formsSchema = z.object({
  version: z.literal(1),
  /** By engine; xla where nothing was measured. */
  forms: z.partialRecord(z.enum(['cuda', 'cpu']), z.enum(['xla', 'graph'])),
});
export const formsFormat: Format<typeof formsSchema> = {
  name: 'measured forms',
  version: 1,
  schema: formsSchema,
  migrations: {},
};
