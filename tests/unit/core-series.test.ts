// Curves as numbers: smoothing, thinning, ticks, formats, colours, recipe diffs, the catalogue.
import { expect, test } from 'vitest';
import { lossDefinitions, parseRecipe } from '../../contract/recipe.ts';
import { metricCatalogue } from '../../core/catalogue.ts';
import { seriesColour, viridis } from '../../core/colour.ts';
import { recipeDiff } from '../../core/diff.ts';
import { formatDuration, formatNumber, formatPercent } from '../../core/format.ts';
import { lossFormulas } from '../../core/loss-formulas.ts';
import { niceTicks, type Point, smooth, thin, tickText } from '../../core/series.ts';

test('a constant stays itself from the first point on: the average is debiased', () => {
  const points: Point[] = Array.from({ length: 10 }, (_, i) => [i, 3]);
  for (const [, y] of smooth(points, 0.9)) expect(y).toBeCloseTo(3, 12);
});

test('smoothing is the weighted mean of what came before', () => {
  const [, second] = smooth(
    [
      [0, 1],
      [1, 4],
    ],
    0.5,
  );
  expect(second?.[1]).toBeCloseTo((0.25 * 1 + 0.5 * 4) / 0.75, 12);
});

test('a value that is not finite is kept and spoils nothing', () => {
  const out = smooth(
    [
      [0, 1],
      [1, Number.NaN],
      [2, 1],
    ],
    0.9,
  ).map((p) => p[1]);
  expect(out[0]).toBe(1);
  expect(out[1]).toBeNaN();
  expect(out[2]).toBeCloseTo(1, 12);
});

test('thinning keeps the ends and every spike', () => {
  const points: Point[] = Array.from({ length: 10_000 }, (_, i) => [
    i,
    i === 4321 ? 99 : i === 7777 ? -99 : Math.sin(i),
  ]);
  const kept = thin(points, 500);
  expect(kept.length).toBeLessThanOrEqual(502);
  expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
  expect(kept).toContainEqual([4321, 99]);
  expect(kept).toContainEqual([7777, -99]);
  expect(kept.map((p) => p[0])).toEqual(kept.map((p) => p[0]).toSorted((a, b) => a - b));
});

test.for([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 12, 6, [0, 2, 4, 6, 8, 10, 12]],
  [-0.3, 0.3, 6, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]],
  [95.1, 99.9, 5, [96, 97, 98, 99]],
  [1e-6, 1e-3, 4, [0.0005, 0.001]],
  [5, 5, 4, [5]],
  [1e16, 1e16 + 4, 4, [1e16]],
] as const)('ticks of %d to %d', ([low, high, count, expected]) => {
  const ticks = niceTicks(low, high, count);
  expect(ticks.length).toBe(expected.length);
  for (const [i, t] of ticks.entries()) expect(t).toBeCloseTo(expected[i] ?? Number.NaN, 9);
});

test('texts of ticks tell them apart', () => {
  expect(tickText([0, 0.5, 1])).toEqual(['0.0', '0.5', '1.0']);
  expect(tickText([0, 0.05, 0.1])).toEqual(['0.00', '0.05', '0.10']);
  expect(tickText([0, 1000, 2000])).toEqual(['0', '1,000', '2,000']);
  expect(tickText([0, 5e19, 1e20, 1.5e20])).toEqual(['0', '5e19', '1e20', '1.5e20']);
  expect(tickText([12_000_000, 12_000_001])).toEqual(['12,000,000', '12,000,001']);
  expect(tickText([-0.1, 0, 0.1])).toEqual(['−0.1', '0.0', '0.1']);
});

test('numbers, shares and times as people read them', () => {
  expect([0.123456, 20, 1234.5, 2.0602877e19, 1e-5, Number.NaN, null].map((x) => formatNumber(x))).toEqual([
    '0.123',
    '20',
    '1,235',
    '2.06e+19',
    '1.00e-5',
    'NaN',
    '-',
  ]);
  expect([95.416, null].map(formatPercent)).toEqual(['95.42 %', '-']);
  expect([4.21, 59, 185, 7620, 273_600, null].map(formatDuration)).toEqual([
    '4.2 s',
    '59 s',
    '3 min 05 s',
    '2 h 07 min',
    '3 d 04 h',
    '-',
  ]);
});

test('viridis begins dark and ends yellow, and stays in range', () => {
  expect([viridis(0), viridis(1), viridis(-1), viridis(2)]).toEqual(['#440154', '#fde725', '#440154', '#fde725']);
  expect(new Set([0, 1, 2, 3, 4, 5].map(seriesColour)).size).toBe(6);
});

test('a diff has the fields that differ, and only those', () => {
  const a = parseRecipe({ name: 'a', optim: { betas: [0.9, 0.95] } });
  const b = parseRecipe({ name: 'b', losses: { patch_mixing: 0 }, threads: 2 });
  expect(recipeDiff([a, b])).toEqual([
    { field: 'losses.patch_mixing', values: [1, 0] },
    {
      field: 'optim.betas',
      values: [
        [0.9, 0.95],
        [0.9, 0.999],
      ],
    },
    { field: 'threads', values: ['auto', 2] },
  ]);
  expect(recipeDiff([a, { ...a, name: 'other' }])).toEqual([]);
});

test('the catalogue: the floor of random tokens, and a formula for every loss', () => {
  expect(metricCatalogue.cos_abs.floor?.(192)).toBeCloseTo(0.0576, 4);
  for (const definition of lossDefinitions)
    expect(lossFormulas([definition]).map((l) => [l.definition, l.field, l.formula.slice(0, 5)])).toEqual([
      [definition, 'patch_cosine', 'L_cos'],
      [definition, 'patch_contrastive', 'L_con'],
      [definition, 'patch_mixing', 'L_mix'],
    ]);
  const contrastive = lossFormulas(lossDefinitions).filter((l) => l.field === 'patch_contrastive');
  expect(new Set(contrastive.map((l) => l.formula)).size).toBe(3);
});
