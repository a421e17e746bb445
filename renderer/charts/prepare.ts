// From curves to what is drawn of them: smoothed on all points, thinned to the visible stretch. Kept until an input changes.
import { smoothCurve, thinIndices } from '../../core/series.ts';
import type { Range } from './group.ts';
import type { ChartSeries } from './series.ts';

export interface DrawnPoint {
  x: number;
  y: number;
}

/** Smoothed values of the last weight asked for, by the array they were made from. */
const smoothed = new WeakMap<Float64Array, { weight: number; x: Float64Array; values: Float64Array }>();

/** The curve that is read: the smoothed one where the series is smoothed, else its own values. */
export function readValues({ along, y }: ChartSeries, weight: number): Float64Array {
  if (!along || weight === 0) return y;
  const known = smoothed.get(y);
  if (known?.weight === weight && known.x === along) return known.values;
  const values = smoothCurve(along, y, weight);
  smoothed.set(y, { weight, x: along, values });
  return values;
}

/** One curve's points for the eye; remembers the last answer. */
export class Thinned {
  #key: readonly unknown[] = [];
  #points: DrawnPoint[] = [];
  points(x: Float64Array, y: Float64Array, range: Range, buckets: number, positive: boolean): DrawnPoint[] {
    const key = [x, y, range[0], range[1], buckets, positive];
    if (key.every((part, i) => part === this.#key[i])) return this.#points;
    this.#key = key;
    const kept = thinIndices(x, y, range, buckets, positive);
    this.#points = Array.from(kept, (i) => {
      const value = y[i] as number;
      return { x: x[i] as number, y: positive && value <= 0 ? Number.NaN : value };
    });
    return this.#points;
  }
}

/** From the lowest to the highest x of some series, and `room` of that on both sides; null where none has a point. */
export function extentOf(series: readonly { x: Float64Array }[], room = 0): Range | null {
  const having = series.filter((s) => s.x.length > 0);
  if (having.length === 0) return null;
  const low = Math.min(...having.map((s) => s.x[0] as number));
  const high = Math.max(...having.map((s) => s.x[s.x.length - 1] as number));
  const beside = room * (high - low || Math.abs(high) || 1);
  return [low - beside, high + beside];
}
