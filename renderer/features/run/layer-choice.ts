// What of the probes is shown: a metric and a tap; where the probes stand on the chosen axis. Pure.
import type { Curves, LayerProbe } from '../../../contract/app/series.ts';
import type { ProbeMetric, Tap } from '../../../contract/recipe.ts';
import { type LayerField, layerField } from '../../../core/layers.ts';
import { nearestIndex } from '../../../core/series.ts';
import type { XAxis } from '../../charts/series.ts';

export interface LayerChoice {
  metric: ProbeMetric;
  tap: Tap;
}

export const fieldOf = (probes: readonly LayerProbe[], { metric, tap }: LayerChoice): LayerField =>
  layerField(probes, metric, tap);

/** Colours mean the same in every run and at every step. */
export const rangeOf = (metric: ProbeMetric): readonly [number, number] => (metric === 'cos' ? [-1, 1] : [0, 1]);

/** Where the probes stand on an axis. A probe knows its step and epoch; its time is that of the nearest logged step. */
export function onAxis(field: LayerField, axis: XAxis, curves: Readonly<Curves> | undefined): Float64Array {
  if (axis === 'step') return field.steps;
  if (axis === 'epoch') return field.epochs;
  const clock = curves?.['train/loss'] ?? Object.values(curves ?? {})[0];
  if (!clock) return field.steps.map(() => 0);
  return field.steps.map((step) => (step === 0 ? 0 : (clock.wall[nearestIndex(clock.step, step)] ?? 0)));
}
