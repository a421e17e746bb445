// <library>/settings.json: what the user chose in the window.
import { z } from 'zod';
import type { Format } from './format.ts';

export const settingsSchema = z.object({
  version: z.literal(1),
  theme: z.enum(['system', 'light', 'dark']),
  /** Of the curves: 0 shows them as they are. */
  smoothing: z.number().min(0).max(0.999),
  x_axis: z.enum(['step', 'epoch', 'time']),
});
export type Settings = z.infer<typeof settingsSchema>;
export const defaultSettings: Settings = { version: 1, theme: 'system', smoothing: 0.6, x_axis: 'step' };
export const settingsFormat: Format<typeof settingsSchema> = {
  name: 'settings',
  version: 1,
  schema: settingsSchema,
  migrations: {},
};
