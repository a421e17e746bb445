// A number over a few seeds with how far it spreads, said as what it is: for two seeds their range, from three on a 95 % interval.
import { meanInterval } from './interval.ts';

export interface Spread {
  n: number;
  mean: number;
  low: number;
  high: number;
  /** What ± stands for: half the range for two values, half the 95 % interval (Student's t) from three on; null for one. */
  half: number | null;
  kind: 'one' | 'range' | 'interval95';
}

/** Of the finite values; null where there is none. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const finite = values.filter((v): v is number => v !== null && Number.isFinite(v));
  const n = finite.length;
  if (n === 0) return null;
  const mean = finite.reduce((sum, v) => sum + v, 0) / n;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (n === 1) return { n, mean, low, high, half: null, kind: 'one' };
  // of two values a t interval is 6.35 times their range: true, and of no use to anybody
  if (n === 2) return { n, mean, low, high, half: (high - low) / 2, kind: 'range' };
  return { n, mean, low, high, half: meanInterval(finite)?.half ?? null, kind: 'interval95' };
}

/** True where the smallest to largest values of both share a number: such a difference is not told apart from the seeds'. */
export const rangesOverlap = (a: Spread, b: Spread): boolean => a.low <= b.high && b.low <= a.high;
