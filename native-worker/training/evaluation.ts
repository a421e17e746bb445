// Accuracy on a split and diagnostics on the probe set: many batches in the engine, the means and quantiles in float64 on the host.
import type { ProbeMetric, Tap } from '../../contract/recipe.ts';
import type { Feed } from '../data/feeder.ts';
import { allBatches } from '../data/loader.ts';
import type { Executor } from '../engine/executor.ts';

export interface EvaluationData {
  feed: Feed;
  /** Name of the split, and how many of its images are measured. */
  split: string;
  images: number;
  batch: number;
}

export interface Accuracy {
  images: number;
  /** Percent. */
  top1: number;
  top5: number;
  loss: number;
}

/** Runs `eval` or `eval_ema` over the split. `onBatch` is told the number of images done. */
export async function evaluate(
  executor: Executor,
  call: 'eval' | 'eval_ema',
  data: EvaluationData,
  onBatch?: (done: number) => void,
): Promise<Accuracy> {
  let [images, first, fifth, loss] = [0, 0, 0, 0];
  for await (const batch of allBatches(data.feed)) {
    const out = await executor.call(call, { images: batch.images, labels: batch.labels });
    const [losses, ranks] = [out.loss as Float32Array, out.rank as Float32Array];
    for (let i = 0; i < batch.valid; i++) {
      const rank = ranks[i] as number;
      first += Number(rank === 1);
      fifth += Number(rank >= 1 && rank <= 5);
      loss += losses[i] as number;
    }
    images += batch.valid;
    onBatch?.(images);
  }
  return { images, top1: (100 * first) / images, top5: (100 * fifth) / images, loss: loss / images };
}

export interface LayerValues {
  /** Per layer 0 … L: mean and quantiles over images. */
  mean: number[];
  q10: number[];
  q90: number[];
}

/** Runs `probe` over the images: each metric and tap per layer, one value an image kept until the quantiles are taken. */
export async function probe(
  executor: Executor,
  data: EvaluationData,
  metrics: readonly ProbeMetric[],
  taps: readonly Tap[],
  onBatch?: (done: number) => void,
): Promise<Map<Tap, Map<ProbeMetric, LayerValues>>> {
  const values = new Map<string, number[][]>();
  let done = 0;
  for await (const batch of allBatches(data.feed)) {
    const out = await executor.call('probe', { images: batch.images });
    for (const [key, layers] of Object.entries(out)) {
      const depth = layers.length / data.batch;
      const kept = values.get(key) ?? Array.from({ length: depth }, () => []);
      kept.forEach((list, l) => {
        for (let i = 0; i < batch.valid; i++) list.push(layers[l * data.batch + i] as number);
      });
      values.set(key, kept);
    }
    done += batch.valid;
    onBatch?.(done);
  }
  return new Map(
    taps.map((tap) => [tap, new Map(metrics.map((metric) => [metric, summary(values.get(`${metric}.${tap}`) ?? [])]))]),
  );
}

function summary(layers: readonly number[][]): LayerValues {
  const sorted = layers.map((values) => [...values].sort((a, b) => a - b));
  return {
    mean: sorted.map((v) => v.reduce((sum, x) => sum + x, 0) / v.length),
    q10: sorted.map((v) => quantile(v, 0.1)),
    q90: sorted.map((v) => quantile(v, 0.9)),
  };
}

/** Linear interpolation between order statistics (numpy's default), NaN among NaNs; `sorted` ascending (NaN anywhere), not empty. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.some(Number.isNaN)) return Number.NaN;
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}
