// A run's probes as a field, layer by step: one of them, the nearest to a step, the difference of two fields. Knows no chart.
import type { LayerProbe } from '../contract/app/series.ts';
import type { ProbeMetric, Tap } from '../contract/recipe.ts';
import { nearestIndex } from './series.ts';

/** One metric at one tap over a run. */
export interface LayerField {
  /** In rising order, one a column. */
  steps: Float64Array;
  epochs: Float64Array;
  /** columns[i][l]: mean over images at steps[i], layer l. */
  columns: number[][];
  spread: ({ q10: number[]; q90: number[] } | null)[];
}

export function layerField(probes: readonly LayerProbe[], metric: ProbeMetric, tap: Tap): LayerField {
  const kept = probes.filter((p) => p.tap === tap && p.metrics[metric]);
  return {
    steps: Float64Array.from(kept, (p) => p.step),
    epochs: Float64Array.from(kept, (p) => p.epoch),
    columns: kept.map((p) => p.metrics[metric] ?? []),
    spread: kept.map((p) => p.spread[metric] ?? null),
  };
}

export interface FieldDifference {
  steps: number[];
  /** a - b, layer by layer. */
  columns: number[][];
  /** Layers that both have, 0 … layers - 1. */
  layers: number;
  /** The largest distance in steps between the two probes of a column. */
  apart: number;
  /** Probes of a without a partner near enough. */
  left: number;
}

/**
 * a - b where both were probed: each step of `a` beside the nearest of `b`, at most half of a's own distance to its neighbour
 * away. Only layers that both have.
 */
export function fieldDifference(a: LayerField, b: LayerField): FieldDifference {
  const out: FieldDifference = { steps: [], columns: [], layers: 0, apart: 0, left: 0 };
  out.layers = Math.min(a.columns[0]?.length ?? 0, b.columns[0]?.length ?? 0);
  a.steps.forEach((step, i) => {
    const j = nearestIndex(b.steps, step);
    const distance = Math.abs((b.steps[j] ?? Number.NaN) - step);
    const gaps = [step - (a.steps[i - 1] ?? Number.NaN), (a.steps[i + 1] ?? Number.NaN) - step].filter((g) => g > 0);
    if (j < 0 || distance > Math.min(...gaps, Number.POSITIVE_INFINITY) / 2) {
      out.left++;
      return;
    }
    const [left, right] = [a.columns[i] ?? [], b.columns[j] ?? []];
    out.steps.push(step);
    out.columns.push(left.slice(0, out.layers).map((v, l) => v - (right[l] ?? Number.NaN)));
    out.apart = Math.max(out.apart, distance);
  });
  return out;
}
