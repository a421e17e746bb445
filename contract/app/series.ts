// The numbers of a run as they travel to the charts: columns, not lines.
import { z } from 'zod';
import type { ProbeMetric, Tap } from '../recipe.ts';
import { call } from './call.ts';

/** One tag over the run, in rising step. Tags logged at the same steps share their axis arrays. */
export interface Curve {
  step: Float64Array;
  epoch: Float64Array;
  /** Seconds of training over all attempts. */
  wall: Float64Array;
  value: Float64Array;
}
export type Curves = Record<string, Curve>;

/** One probe: mean over images per layer 0 … L, and the spread over images. */
export interface LayerProbe {
  step: number;
  epoch: number;
  split: 'val' | 'train';
  images: number;
  tap: Tap;
  metrics: Partial<Record<ProbeMetric, number[]>>;
  spread: Partial<Record<ProbeMetric, { q10: number[]; q90: number[] }>>;
}

export interface SeriesUpdate {
  id: string;
  /** True: forget what was known of the run (it was resumed from an earlier step), this is everything. */
  whole: boolean;
  /** New points of each tag. */
  curves: Curves;
  layers: LayerProbe[];
}

const id = z.string().min(1).max(200);

export const seriesCalls = {
  /** `tags: null` for all of them. */
  'series.curves': call(
    z.strictObject({ id, tags: z.array(z.string().max(200)).max(200).nullable() }),
  ).returns<Curves>(),
  /** A first look at long runs, at once: some of the logged points. Runs of which nothing can be read are left out. */
  'series.preview': call(
    z.strictObject({ ids: z.array(id).max(20), tags: z.array(z.string().max(200)).max(200) }),
  ).returns<Record<string, Curves>>(),
  'series.layers': call(z.strictObject({ id })).returns<LayerProbe[]>(),
  /** From now on `series` events tell what is added to the run, at most four times a second; the first one is whole. */
  'series.follow': call(z.strictObject({ id })).returns<null>(),
  'series.unfollow': call(z.strictObject({ id })).returns<null>(),
} as const;
