// Long curves: smoothing against its formula, thinning by its promises; fields of probes; the interval of a mean.
import { describe, expect, test } from 'vitest';
import { meanInterval, tQuantile975 } from '../../core/interval.ts';
import { fieldDifference, type LayerField, layerField } from '../../core/layers.ts';
import { keyedRandom } from '../../core/random.ts';
import { lowerBound, medianSpacing, nearestIndex, smooth, smoothCurve, thinIndices } from '../../core/series.ts';

const floats = (...values: number[]) => Float64Array.from(values);

/** A walk with holes, in uneven steps of x. */
function walk(n: number, seed: number) {
  const random = keyedRandom(seed, 0, 0, 0);
  const [x, y] = [new Float64Array(n), new Float64Array(n)];
  let [at, value] = [0, 0];
  for (let i = 0; i < n; i++) {
    at += random.int(3);
    value += random.normal();
    x[i] = at;
    y[i] = random.bernoulli(0.01) ? Number.NaN : value;
  }
  return { x, y };
}

describe('smoothing', () => {
  test('on even steps without gaps it is the debiased average of TensorBoard', () => {
    const y = walk(500, 1).y.map((v) => (Number.isNaN(v) ? 0 : v));
    const x = Float64Array.from(y.keys());
    const expected = smooth(
      [...x].map((at, i) => [at, y[i] as number] as const),
      0.9,
    );
    for (const [i, value] of smoothCurve(x, y, 0.9).entries()) expect(value).toBeCloseTo(expected[i]?.[1] as number, 9);
  });
  test('is the mean of all points before, each weighted by weight^(distance / median spacing)', () => {
    const x = floats(0, 1, 2, 3, 13, 14, 15, 16, 17);
    const y = floats(5, 1, 4, 2, 8, 3, 9, 7, 1);
    const weight = 0.8;
    expect(medianSpacing(x)).toBe(1);
    const direct = [...x].map((at, i) => {
      const weights = [...x.slice(0, i + 1)].map((before) => weight ** (at - before));
      const sum = weights.reduce((s, w, j) => s + w * (y[j] as number), 0);
      return sum / weights.reduce((s, w) => s + w, 0);
    });
    for (const [i, value] of smoothCurve(x, y, weight).entries()) expect(value).toBeCloseTo(direct[i] as number, 10);
  });
  test('0 is the curve itself; what is not finite stays and spoils nothing', () => {
    const y = floats(1, Number.NaN, 1, Number.POSITIVE_INFINITY, 1);
    const x = floats(0, 1, 2, 3, 4);
    expect(smoothCurve(x, y, 0)).toBe(y);
    expect([...smoothCurve(x, y, 0.9)].map((v) => (Number.isFinite(v) ? Math.round(v * 1e9) / 1e9 : v))).toEqual([
      ...y,
    ]);
  });
  test('points at one place of x are averaged, not lost', () => {
    expect([...smoothCurve(floats(3, 3, 3), floats(1, 2, 3), 0.5)].every(Number.isFinite)).toBe(true);
  });
});

describe.each([1, 2, 3, 4, 5])('thinning a walk, seed %i', (seed) => {
  const { x, y } = walk(5000, seed);
  const range = [x[700] as number, x[4100] as number] as const;
  const buckets = 100;
  const kept = thinIndices(x, y, range, buckets);
  const bucketOf = (i: number) =>
    Math.min(Math.floor((((x[i] as number) - range[0]) * buckets) / (range[1] - range[0])), buckets - 1);
  const inside = [...x.keys()].filter((i) => (x[i] as number) >= range[0] && (x[i] as number) <= range[1]);

  test('order is kept, and nothing comes twice', () => {
    for (let k = 1; k < kept.length; k++) expect(kept[k] as number).toBeGreaterThan(kept[k - 1] as number);
  });
  test('each bucket keeps its first, last, lowest and highest, a mark for its gap, and no more', () => {
    const set = new Set(kept);
    for (let b = 0; b < buckets; b++) {
      const members = inside.filter((i) => bucketOf(i) === b);
      if (members.length === 0) continue;
      const finite = members.filter((i) => Number.isFinite(y[i]));
      const values = finite.map((i) => y[i] as number);
      const chosen = members.filter((i) => set.has(i));
      expect(chosen[0]).toBe(members[0]);
      expect(chosen.at(-1)).toBe(members.at(-1));
      const shown = chosen.map((i) => y[i] as number).filter(Number.isFinite);
      if (finite.length > 0) {
        expect(Math.min(...shown)).toBe(Math.min(...values));
        expect(Math.max(...shown)).toBe(Math.max(...values));
      }
      expect(shown.length).toBeLessThanOrEqual(4);
      expect(chosen.length).toBeLessThanOrEqual(5);
      expect(chosen.some((i) => Number.isNaN(y[i]))).toBe(finite.length < members.length);
    }
  });
  test('one point on either side of the view is kept', () => {
    expect(x[kept[0] as number] as number).toBeLessThan(range[0]);
    expect(x[kept[1] as number] as number).toBeGreaterThanOrEqual(range[0]);
    expect(x[kept.at(-1) as number] as number).toBeGreaterThan(range[1]);
    expect(x[kept.at(-2) as number] as number).toBeLessThanOrEqual(range[1]);
  });
  test('thinning again changes nothing', () => {
    const pick = (from: Float64Array) => Float64Array.from(kept, (i) => from[i] as number);
    const again = thinIndices(pick(x), pick(y), range, buckets);
    expect([...again]).toEqual([...kept.keys()]);
  });
});

test('thinning: nothing, one point, a view without width, a logarithmic axis', () => {
  expect([...thinIndices(floats(), floats(), [0, 1], 10)]).toEqual([]);
  expect([...thinIndices(floats(5), floats(1), [5, 5], 10)]).toEqual([0]);
  expect([...thinIndices(floats(0, 1, 2), floats(1, -1, 2), [0, 2], 1, true)]).toEqual([0, 1, 2]);
  const y = floats(3, 0, 2, 1, 4);
  expect([...thinIndices(floats(0, 1, 2, 3, 4), y, [0, 4], 1, true)]).toEqual([0, 1, 3, 4]);
});

test('searching a rising axis', () => {
  const x = floats(1, 3, 3, 7);
  expect([0, 1, 2, 3, 7, 8].map((v) => lowerBound(x, v))).toEqual([0, 0, 1, 1, 3, 4]);
  expect([0, 1.9, 2, 5, 5.1, 99].map((v) => nearestIndex(x, v))).toEqual([0, 0, 0, 2, 3, 3]);
  expect(nearestIndex(floats(), 1)).toBe(-1);
});

describe('fields of probes', () => {
  const field = (steps: number[], columns: number[][]): LayerField => ({
    steps: floats(...steps),
    epochs: floats(...steps),
    columns,
    spread: columns.map(() => null),
  });
  test('one metric at one tap', () => {
    const probe = (step: number, tap: 'block' | 'norm') => ({
      step,
      epoch: step / 10,
      split: 'val' as const,
      images: 4,
      tap,
      metrics: { cos: [step, step + 1] },
      spread: {},
    });
    const out = layerField([probe(0, 'block'), probe(0, 'norm'), probe(10, 'norm')], 'cos', 'norm');
    expect([[...out.steps], [...out.epochs], out.columns]).toEqual([
      [0, 10],
      [0, 1],
      [
        [0, 1],
        [10, 11],
      ],
    ]);
    expect(layerField([probe(0, 'norm')], 'hfc', 'norm').columns).toEqual([]);
  });
  test('a difference pairs the nearest steps and the layers of both', () => {
    const a = field(
      [0, 100, 200, 300],
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
        [4, 4, 4],
      ],
    );
    const b = field(
      [0, 110, 205],
      [
        [0, 1],
        [0, 2],
        [0, 3],
      ],
    );
    expect(fieldDifference(a, b)).toEqual({
      steps: [0, 100, 200],
      columns: [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
      layers: 2,
      apart: 10,
      left: 1,
    });
  });
  test('what has nothing in common differs nowhere', () => {
    expect(fieldDifference(field([], []), field([0], [[1]])).columns).toEqual([]);
    expect(fieldDifference(field([0], [[1]]), field([], []))).toMatchObject({ columns: [], left: 1 });
  });
});

test('the 95 % interval of a mean: textbook values', () => {
  expect([1, 2, 9, 30].map(tQuantile975)).toEqual([12.706, 4.303, 2.262, 2.042]);
  expect(tQuantile975(60)).toBeCloseTo(2.0003, 3);
  const of = meanInterval([1, 2, 3, 4, 5, Number.NaN]);
  expect(of).toMatchObject({ mean: 3, n: 5 });
  expect(of?.half).toBeCloseTo((2.776 * Math.sqrt(2.5)) / Math.sqrt(5), 9);
  expect(meanInterval([1])).toBeNull();
});
