// A mean with its interval over a few repeats, such as seeds.

/** 97.5 % quantiles of Student's t for 1 … 30 degrees of freedom (Fisher & Yates 1963, table III). */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The 97.5 % quantile of Student's t; above 30 degrees by Cornish and Fisher's expansion (Abramowitz & Stegun 26.7.5). */
export function tQuantile975(degrees: number): number {
  const z = 1.959964;
  const v = degrees;
  return quantiles[v - 1] ?? z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v * v);
}

export interface Interval {
  mean: number;
  /** Half the width of the 95 % interval. */
  half: number;
  n: number;
}

/** mean ± t s/√n, s with n - 1 degrees of freedom; null for fewer than two finite values. */
export function meanInterval(values: readonly number[]): Interval | null {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  if (n < 2) return null;
  const mean = finite.reduce((sum, v) => sum + v, 0) / n;
  const variance = finite.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  return { mean, half: (tQuantile975(n - 1) * Math.sqrt(variance)) / Math.sqrt(n), n };
}
