// Numbers of runs in the window: who follows a run keeps them, and what comes after the last one left is let go.
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, test } from 'vitest';
import { useSeries } from '../../../renderer/stores/series.ts';

beforeEach(() => setActivePinia(createPinia()));
const curve = (value: number) => {
  const one = Float64Array.of(1);
  return { step: one, epoch: one, wall: one, value: Float64Array.of(value) };
};
const update = (value: number, whole = false) => ({ id: 'a', whole, curves: { t: curve(value) }, layers: [] });
const values = () => [...(useSeries().byRun.get('a')?.curves.t?.value ?? [])];

test('an update is joined to what is there; a whole one takes its place', () => {
  const series = useSeries();
  series.follow('a');
  series.update(update(1, true));
  series.update(update(2));
  expect(values()).toEqual([1, 2]);
  series.update(update(3, true));
  expect(values()).toEqual([3]);
});

test('of two screens the first to leave takes nothing from the other', () => {
  const series = useSeries();
  series.follow('a');
  series.follow('a');
  series.update(update(1, true));
  expect(series.unfollow('a')).toBe(false);
  series.forget('a');
  expect(values()).toEqual([1]);
  expect(series.unfollow('a')).toBe(true);
  expect(values()).toEqual([]);
  series.update(update(2));
  expect(values()).toEqual([]);
});
