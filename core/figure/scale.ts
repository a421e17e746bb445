// From values to places on an axis, linear or logarithmic, with ticks. Pure numbers.
import { niceTicks, tickText } from '../series.ts';

export interface Scale {
  at(value: number): number;
  ticks: { value: number; text: string }[];
}

/** `low` … `high` onto `from` … `to` pixels. */
export function linear(low: number, high: number, from: number, to: number, count: number): Scale {
  const span = high - low || 1;
  const values = niceTicks(low, high, count);
  const texts = tickText(values);
  return {
    at: (v) => from + ((v - low) / span) * (to - from),
    ticks: values.map((value, i) => ({ value, text: texts[i] ?? '' })),
  };
}

/** Both ends above 0; a tick at each power of ten, and at 2 and 5 where there are few. */
export function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const span = b - a || 1;
  const steps = span > 2 ? [1] : [1, 2, 5];
  const values: number[] = [];
  for (let p = Math.floor(a); p <= Math.ceil(b); p++)
    for (const m of steps) {
      const value = Number((m * 10 ** p).toPrecision(6));
      if (value >= low * 0.999 && value <= high * 1.001) values.push(value);
    }
  return {
    at: (v) => from + ((Math.log10(v) - a) / span) * (to - from),
    ticks: values.map((value) => ({
      value,
      text: value < 1e-3 ? value.toExponential(0).replace('-', '−') : String(value),
    })),
  };
}

/** The span of values with a little room at both ends; `bounds` are kept within. */
export function extent(values: readonly number[], bounds: readonly [number, number] | null = null): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (low > high) return bounds ? [bounds[0], bounds[1]] : [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  const [min, max] = bounds ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [Math.max(low - room, min), Math.min(high + room, max)];
}
