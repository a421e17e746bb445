// How many images each class has, side by side for the splits of a dataset, and how uneven that is.
import type { DatasetDescription } from '../../../contract/app/datasets.ts';

export interface ClassBalance {
  splits: string[];
  /** `counts` and `shares` (of the split, 0..1) in the order of `splits`. */
  classes: { label: number; counts: number[]; shares: number[] }[];
  /** The largest share of all, for the length of the bars; 1 where nothing is there. */
  largest: number;
}

export function classBalance(splits: DatasetDescription['splits']): ClassBalance {
  const classes = splits.reduce((most, s) => Math.max(most, s.perClass.length), 0);
  const rows = Array.from({ length: classes }, (_, label) => {
    const counts = splits.map((s) => s.perClass[label] ?? 0);
    return { label, counts, shares: counts.map((c, i) => c / Math.max(1, splits[i]?.images ?? 0)) };
  });
  return {
    splits: splits.map((s) => s.name),
    classes: rows,
    largest: rows.reduce((most, r) => r.shares.reduce((a, b) => Math.max(a, b), most), 0) || 1,
  };
}

/** Of one split: largest class over smallest, or how many have no image; empty where there are fewer than two. */
export function unevenness(perClass: readonly number[]): string {
  if (perClass.length < 2) return '';
  const [least, most] = perClass.reduce(([a, b], n) => [Math.min(a, n), Math.max(b, n)], [Number.POSITIVE_INFINITY, 0]);
  if (least === 0) return `${perClass.filter((n) => n === 0).length} of ${perClass.length} classes have no image`;
  return `largest class over smallest ${(most / least).toFixed(2)}`;
}

/** Lines of a recipe's `data` section that normalise as this dataset's training pixels ask for. */
export function recipeLines(mean: readonly number[], std: readonly number[]): string {
  const list = (values: readonly number[]) => `[${values.map((v) => Number(v.toFixed(4))).join(', ')}]`;
  return `  mean: ${list(mean)}\n  std: ${list(std)}\n`;
}
