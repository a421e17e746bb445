// A curve as numbers: smoothing, thinning and ticks. Points are [x, y] in rising x.

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

/** Text of ticks: as many decimals as tell them apart, thousands with separators. */
export function tickText(ticks: readonly number[]): string[] {
  const gap = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : Math.abs(ticks[0] ?? 1);
  if (gap !== 0 && gap < 1e-4) return ticks.map((t) => (t === 0 ? '0' : t.toExponential(1).replace('e-', 'e−')));
  const decimals = gap === 0 ? 0 : Math.max(0, -Math.floor(Math.log10(gap) + 1e-9));
  return ticks.map((t) =>
    t.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '−'),
  );
}
