// A kept diagnosis as a table and as a curve: one row a layer, one column a metric, and what random tokens would give.
import type { CheckpointResults, Diagnosis, Evaluation } from '../../../contract/app/checkpoints.ts';
import { decodeNumber } from '../../../contract/numbers.ts';
import { type ProbeMetric, probeMetrics } from '../../../contract/recipe.ts';
import { metricCatalogue } from '../../../core/catalogue.ts';

export interface DiagnosisTable {
  metrics: ProbeMetric[];
  /** `values` in the order of `metrics`. */
  layers: { layer: number; values: number[] }[];
  /** Of random tokens like the model's, in the order of `metrics`; null where the file does not say what it is. */
  floors: (number | null)[];
}

/** What the value of random tokens depends on: their width and how many an image has. */
export interface TokenSize {
  width: number;
  patches: number;
}

/** From the configuration in a checkpoint's file; null where it does not say. */
export function tokenSize(
  model: Readonly<Record<string, number | string | boolean>> | null | undefined,
): TokenSize | null {
  const { embed_dim: width, img_size: side, patch_size: patch } = model ?? {};
  if (typeof width !== 'number' || typeof side !== 'number' || typeof patch !== 'number') return null;
  return { width, patches: Math.floor(side / patch) ** 2 };
}

/** hfc of n random tokens is 1 - 1/n; the others are core/catalogue's. */
export function floorOf(metric: ProbeMetric, size: TokenSize | null): number | null {
  if (!size) return null;
  return metric === 'hfc' ? 1 - 1 / size.patches : (metricCatalogue[metric].floor?.(size.width) ?? null);
}

export function diagnosisTable(diagnosis: Diagnosis, size: TokenSize | null): DiagnosisTable {
  const metrics = probeMetrics.filter((id) => diagnosis.metrics[id] !== undefined);
  const columns = metrics.map((id) => (diagnosis.metrics[id] ?? []).map(decodeNumber));
  const depth = Math.max(0, ...columns.map((c) => c.length));
  return {
    metrics,
    layers: Array.from({ length: depth }, (_, layer) => ({
      layer,
      values: columns.map((c) => c[layer] ?? Number.NaN),
    })),
    floors: metrics.map((id) => floorOf(id, size)),
  };
}

/** Where and on what a result was measured, in one line. */
export const conditions = (r: Evaluation | Diagnosis): string =>
  [
    r.dataset.name,
    r.split,
    `${r.images.toLocaleString('en-US')} images`,
    ...('tap' in r ? [`tap ${r.tap}`] : []),
    ...(r.weights === null ? [] : [`weights ${r.weights}`]),
    ...(r.heads === null ? [] : [`${r.heads} heads`]),
    ...(r.mean === null ? [] : [`mean ${r.mean.join(', ')}`]),
  ].join(' · ');

export const countOf = ({ evaluations, diagnoses }: CheckpointResults): number => evaluations.length + diagnoses.length;
