// From values to places on an axis, linear or logarithmic, with ticks. Pure numbers.
import { formatDuration } from '../format.ts';
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

const second = [1, 2, 5, 10, 15, 30];
const timeSteps = [
  ...second,
  ...second.map((s) => s * 60),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 192, 384].map((h) => h * 3600),
];

/** Ticks of an axis of seconds, at whole seconds, minutes, hours or days. */
export function timeTicks(low: number, high: number, count: number): Scale['ticks'] {
  const rough = (high - low) / Math.max(count, 1);
  if (!(rough > 1)) return linear(low, high, 0, 1, count).ticks.map((t) => ({ ...t, text: `${t.text} s` }));
  const step = timeSteps.find((s) => s >= rough) ?? (timeSteps.at(-1) as number);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(Math.floor(high / step + 1e-9) - first + 1, 0) }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: value === 0 ? '0' : shortTime(value) };
  });
}

/** 90 → 1 min 30 s, 7200 → 2 h: parts that are 0 are left out. */
const shortTime = (seconds: number): string =>
  seconds < 10 ? `${seconds} s` : formatDuration(seconds).replace(/ 00 (s|min|h)$/, '');

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
