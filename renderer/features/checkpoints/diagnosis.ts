// A kept diagnosis as a table: one row a layer, one column a metric, and what random tokens would give.
import type { CheckpointResults, Diagnosis, Evaluation } from '../../../contract/app/checkpoints.ts';
import { decodeNumber } from '../../../contract/numbers.ts';
import { type ProbeMetric, probeMetrics } from '../../../contract/recipe.ts';
import { metricCatalogue } from '../../../core/catalogue.ts';

export interface DiagnosisTable {
  metrics: ProbeMetric[];
  /** `values` in the order of `metrics`. */
  layers: { layer: number; values: number[] }[];
  /** Of random tokens as wide as the model's; null where the width is not known or the metric has no floor of its own. */
  floors: (number | null)[];
}

/** `width`: embed_dim of the model, or null. */
export function diagnosisTable(diagnosis: Diagnosis, width: number | null): DiagnosisTable {
  const metrics = probeMetrics.filter((id) => diagnosis.metrics[id] !== undefined);
  const columns = metrics.map((id) => (diagnosis.metrics[id] ?? []).map(decodeNumber));
  const depth = Math.max(0, ...columns.map((c) => c.length));
  return {
    metrics,
    layers: Array.from({ length: depth }, (_, layer) => ({
      layer,
      values: columns.map((c) => c[layer] ?? Number.NaN),
    })),
    floors: metrics.map((id) => (width === null ? null : (metricCatalogue[id].floor?.(width) ?? null))),
  };
}

/** Where and on what a result was measured, in one line. */
export const conditions = (r: Evaluation | Diagnosis): string =>
  [r.dataset.name, r.split, `${r.images.toLocaleString('en-US')} images`, ...('tap' in r ? [`tap ${r.tap}`] : [])].join(
    ' · ',
  );

export const countOf = ({ evaluations, diagnoses }: CheckpointResults): number => evaluations.length + diagnoses.length;
