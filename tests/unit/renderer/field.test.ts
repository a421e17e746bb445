// The values of a heatmap as its summary tells them.
import { expect, test } from 'vitest';
import { valueRange } from '../../../renderer/charts/field.ts';

test('the range leaves out what is not finite', () => {
  expect(valueRange([[0.5, Number.NaN], [0.25, Number.POSITIVE_INFINITY, 0.75], []])).toEqual([0.25, 0.75]);
  expect(valueRange([[Number.NaN]])).toEqual([Number.NaN, Number.NaN]);
});

test('a run of 50,000 probes has a range', () => {
  const columns = Array.from({ length: 50_000 }, (_, i) => Array.from({ length: 13 }, (_, l) => (i + l) / 50_013));
  expect(valueRange(columns)).toEqual([0, 50_011 / 50_013]);
});
