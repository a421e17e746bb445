// A curve as numbers: smoothing, thinning and ticks. Points are [x, y] in rising x; long curves are two typed arrays.
import { formatFixed } from './format.ts';

export type Point = readonly [x: number, y: number];

/**
 * Debiased exponential moving average (as Adam's, Kingma & Ba 2015, section 3): the first value is itself, later ones lean on the
 * last 1 / (1 - weight) points. Values that are not finite are left out of the average and kept as they are.
 */
export function smooth(points: readonly Point[], weight: number): Point[] {
  let average = 0;
  let mass = 0;
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, y];
    average = weight * average + (1 - weight) * y;
    mass = weight * mass + (1 - weight);
    return [x, average / mass];
  });
}

/** At most about `most` points: of each stretch the lowest and the highest, so that no spike is lost. First and last are kept. */
export function thin(points: readonly Point[], most: number): Point[] {
  if (points.length <= most || most < 4) return [...points];
  const stretch = points.length / Math.floor(most / 2);
  const kept = new Set([0, points.length - 1]);
  for (let start = 0; start < points.length; start += stretch) {
    let [low, high] = [-1, -1];
    for (let i = Math.ceil(start); i < Math.min(start + stretch, points.length); i++) {
      const y = points[i]?.[1] ?? Number.NaN;
      if (!Number.isFinite(y)) continue;
      if (low < 0 || y < (points[low]?.[1] ?? 0)) low = i;
      if (high < 0 || y > (points[high]?.[1] ?? 0)) high = i;
    }
    if (low >= 0) kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b).map((i) => points[i] as Point);
}

/** Spacings looked at for the typical one: enough for a median, few enough for any length. */
const mostSpacings = 1001;

/** Median distance of neighbours in `x`, of at most 1,001 evenly picked pairs; 0 where there is none. */
export function medianSpacing(x: Float64Array): number {
  const pairs = x.length - 1;
  if (pairs < 1) return 0;
  const count = Math.min(pairs, mostSpacings);
  const gaps = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const i = Math.floor((k * pairs) / count);
    gaps[k] = (x[i + 1] as number) - (x[i] as number);
  }
  gaps.sort();
  return gaps[count >> 1] as number;
}

/**
 * Time-weighted, debiased exponential moving average over all points.
 *
 *   a_i = weight ^ ((x_i - x_{i-1}) / d),  S_i = a_i S_{i-1} + y_i,  M_i = a_i M_{i-1} + 1,  out_i = S_i / M_i
 *
 * with d the median spacing of x, so that a pause or a coarser log forgets as much as the steps it spans. On evenly spaced points
 * this is TensorBoard's smoothing (tensorboard/components/vz_line_chart2/line-chart.ts, resmoothDataset: last = w last + (1-w) y,
 * divided by 1 - w^i); the weighting by distance is the one of Weights & Biases' time-weighted average. Values that are not
 * finite are left out of the average and kept as they are.
 * @param weight 0 (the curve itself) to below 1.
 */
export function smoothCurve(x: Float64Array, y: Float64Array, weight: number): Float64Array {
  if (!(weight > 0)) return y;
  const out = new Float64Array(y.length);
  const spacing = medianSpacing(x);
  let [sum, mass, lastX] = [0, 0, Number.NaN];
  let [knownGap, decay] = [spacing, weight];
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number;
    if (value - value !== 0) {
      out[i] = value;
      continue;
    }
    const gap = (x[i] as number) - lastX;
    lastX = x[i] as number;
    if (gap !== knownGap && !Number.isNaN(gap)) {
      knownGap = gap;
      decay = spacing > 0 ? weight ** (gap / spacing) : weight;
    }
    sum = decay * sum + value;
    mass = decay * mass + 1;
    out[i] = sum / mass;
  }
  return out;
}

/** Index of the first x that is at least `value`; x.length where there is none. `x` rises. */
export function lowerBound(x: ArrayLike<number>, value: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the x nearest to `value`, the earlier of two equally near; -1 where x is empty. `x` rises. */
export function nearestIndex(x: ArrayLike<number>, value: number): number {
  const after = lowerBound(x, value);
  if (after === 0) return x.length === 0 ? -1 : 0;
  if (after === x.length) return after - 1;
  return (x[after] as number) - value < value - (x[after - 1] as number) ? after : after - 1;
}

/**
 * What has to be drawn of a long curve: indices in rising order. The visible stretch of x is cut into `buckets` of equal width
 * (pixels, say); of each the first, the last, the lowest and the highest point are kept, and the first that is not a number to
 * draw, so that every gap stays one. Of the points outside, the nearest on either side are kept, so that lines leave the picture.
 * Thinning what was thinned changes nothing.
 * @param positive Values of 0 and below are gaps too: a logarithmic axis has no place for them.
 */
export function thinIndices(
  x: Float64Array,
  y: Float64Array,
  range: readonly [low: number, high: number],
  buckets: number,
  positive = false,
): Uint32Array {
  const [low, high] = range;
  const from = Math.max(lowerBound(x, low) - 1, 0);
  let to = lowerBound(x, high);
  while (to < x.length && x[to] === high) to++;
  to = Math.min(to, x.length - 1);
  const perUnit = high > low ? buckets / (high - low) : 0;
  const kept = new Uint32Array(Math.min(Math.max(to - from + 1, 0), 5 * (buckets + 2)));
  const five = new Uint32Array(5);
  let [count, bucket, first, last, lowest, highest, gap] = [0, Number.NaN, -1, -1, -1, -1, -1];
  let [least, most] = [0, 0];

  const close = () => {
    if (first < 0) return;
    five[0] = first;
    five[1] = lowest < 0 ? first : lowest;
    five[2] = highest < 0 ? first : highest;
    five[3] = gap < 0 ? first : gap;
    five[4] = last;
    five.sort();
    for (let k = 0; k < 5; k++) if (k === 0 || five[k] !== five[k - 1]) kept[count++] = five[k] as number;
  };
  for (let i = from; i <= to; i++) {
    const at = x[i] as number;
    const here = at < low ? -1 : at > high ? buckets : Math.min(Math.floor((at - low) * perUnit), buckets - 1);
    if (here !== bucket) {
      close();
      bucket = here;
      first = i;
      lowest = highest = gap = -1;
    }
    last = i;
    const value = y[i] as number;
    if (value - value !== 0 || (positive && value <= 0)) {
      if (gap < 0) gap = i;
    } else {
      if (lowest < 0 || value < least) {
        lowest = i;
        least = value;
      }
      if (highest < 0 || value > most) {
        highest = i;
        most = value;
      }
    }
  }
  close();
  return kept.subarray(0, count);
}

/** Round values that span low … high, about `count` of them; steps are 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): number[] {
  // Values so near to each other that a double cannot count the steps between them are one.
  if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) return [low];
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(clean(i * step));
  return ticks;
}

/** 0.30000000000000004 → 0.3 */
const clean = (x: number): number => Number(x.toPrecision(12));

/** Text of ticks: as many decimals as tell them apart, thousands with separators; powers of ten where that would be too wide. */
export function tickText(ticks: readonly number[]): string[] {
  const most = Math.max(...ticks.map(Math.abs));
  const gap = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : Math.abs(ticks[0] ?? 1);
  if (gap !== 0 && gap < 1e-4) return ticks.map((t) => (t === 0 ? '0' : t.toExponential(1).replace('e-', 'e−')));
  if (most >= 1e7 && gap > most / 1000) return ticks.map(powerText);
  const decimals = gap === 0 ? 0 : Math.max(0, -Math.floor(Math.log10(gap) + 1e-9));
  return ticks.map((t) => formatFixed(t, decimals).replace('-', '−'));
}

/** 150,000,000 → 1.5e8 */
const powerText = (x: number): string =>
  x === 0 ? '0' : clean(x).toExponential().replace('e+', 'e').replaceAll('-', '−');
