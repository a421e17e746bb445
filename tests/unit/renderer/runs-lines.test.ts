// The table of runs without the table: what is found, in which order, under which heading, and which rows are in sight.
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../contract/recipe.ts';
import { defaultFields, ownFields } from '../../../core/diff.ts';
import { allOrNone, kept, nothing, ranged, toggled } from '../../../renderer/features/runs/chosen.ts';
import { columns, localMinute } from '../../../renderer/features/runs/columns.ts';
import { type Grouping, groupFields, isGrouping } from '../../../renderer/features/runs/grouping.ts';
import { choices, filtered, lines, noFilter, sorted, visible } from '../../../renderer/features/runs/lines.ts';
import { runRow } from './rows.ts';

const rows = [
  runRow({ id: 'c', name: 'run 10', best_top1: null, tags: ['baseline'], dataset: 'fashion-mnist' }),
  runRow({ id: 'b', name: 'run 2', best_top1: 91, status: 'failed', tags: ['baseline', 'sweep'] }),
  runRow({ id: 'a', name: 'Alpha', best_top1: 97, archived: true }),
];
const ids = (list: readonly { id: string }[]) => list.map((r) => r.id).join('');

describe('filtered', () => {
  test('leaves archived runs out, or shows nothing but them', () => {
    expect(ids(filtered(rows, noFilter))).toBe('cb');
    expect(ids(filtered(rows, { ...noFilter, archived: true }))).toBe('a');
  });
  test('wants every word, in the name, a tag or the folder', () => {
    expect(ids(filtered(rows, { ...noFilter, search: ' RUN base ' }))).toBe('cb');
    expect(ids(filtered(rows, { ...noFilter, search: 'run sweep' }))).toBe('b');
    expect(ids(filtered(rows, { ...noFilter, search: 'nothing' }))).toBe('');
  });
  test('any of the states, any of the datasets, all of the tags', () => {
    expect(ids(filtered(rows, { ...noFilter, statuses: ['failed', 'running'] }))).toBe('b');
    expect(ids(filtered(rows, { ...noFilter, datasets: ['fashion-mnist'] }))).toBe('c');
    expect(ids(filtered(rows, { ...noFilter, tags: ['baseline', 'sweep'] }))).toBe('b');
  });
});

describe('sorted', () => {
  test('numbers by size, what has none last either way', () => {
    expect(ids(sorted(rows, { column: 'top1', descending: false }))).toBe('bac');
    expect(ids(sorted(rows, { column: 'top1', descending: true }))).toBe('abc');
  });
  test('names as people count', () => {
    expect(sorted(rows, { column: 'name', descending: false }).map((r) => r.name)).toEqual([
      'Alpha',
      'run 2',
      'run 10',
    ]);
  });
  test('of equals the newer first, either way', () => {
    expect(ids(sorted(rows, { column: 'model', descending: false }))).toBe('cba');
    expect(ids(sorted(rows, { column: 'model', descending: true }))).toBe('cba');
  });
  test.each(columns.map((c) => c.id))('by %s keeps every run once', (column) => {
    expect(
      ids(sorted(rows, { column, descending: true }))
        .split('')
        .sort()
        .join(''),
    ).toBe('abc');
  });
});

test('lines: a heading for each value, its runs below unless it is closed', () => {
  expect(lines(rows, null, new Set()).map((l) => l.key)).toEqual(['c', 'b', 'a']);
  const grouped = lines(rows, 'dataset', new Set(['dataset mnist']));
  expect(grouped.map((l) => (l.kind === 'group' ? `${l.title} ${l.count} ${l.open}` : l.row.id))).toEqual([
    'fashion-mnist 1 true',
    'c',
    'mnist 2 false',
  ]);
});

test('choices: every value once, in order', () => {
  expect(choices(rows)).toEqual({
    statuses: ['done', 'failed'],
    datasets: ['fashion-mnist', 'mnist'],
    tags: ['baseline', 'sweep'],
  });
});

describe('visible', () => {
  test('a thousand rows are never all in the page', () => {
    expect(visible(1000, 36, 0, 720, 8)).toEqual({ from: 0, to: 28 });
    expect(visible(1000, 36, 3600, 720, 8)).toEqual({ from: 92, to: 128 });
    expect(visible(1000, 36, 36_000 - 720, 720, 8)).toEqual({ from: 972, to: 1000 });
  });
  test('a box scrolled past a list that became short shows its end', () => {
    expect(visible(5, 36, 36_000, 720, 8)).toEqual({ from: 0, to: 5 });
    expect(visible(0, 36, 100, 720, 8)).toEqual({ from: 0, to: 0 });
  });
});

describe('chosen', () => {
  const order = ['a', 'b', 'c', 'd'];
  const list = (c: { ids: ReadonlySet<string> }) => [...c.ids].sort().join('');
  test('toggles one and remembers it as the start of a range', () => {
    const b = toggled(nothing, 'b');
    expect([list(b), list(ranged(b, 'd', order)), list(ranged(b, 'a', order)), list(toggled(b, 'b'))]).toEqual([
      'b',
      'bcd',
      'ab',
      '',
    ]);
  });
  test('a range without a start, or with one that is filtered away, is one row', () => {
    expect(list(ranged(nothing, 'c', order))).toBe('c');
    expect(list(ranged(toggled(nothing, 'x'), 'c', order))).toBe('cx');
  });
  test('all, and none where all are', () => {
    const all = allOrNone(nothing, order);
    expect([list(all), list(allOrNone(all, order))]).toEqual(['abcd', '']);
  });
  test('forgets what is gone', () => {
    expect(list(kept(allOrNone(nothing, order), new Set(['b', 'z'])))).toBe('b');
  });
});

test('times are said to the minute, in this place; nothing for what is none', () => {
  expect(localMinute(new Date(2026, 10, 5, 3, 9).toISOString())).toBe('2026-11-05 03:09');
  expect([localMinute(null), localMinute('soon')]).toEqual(['-', '-']);
});

describe('groups by fields of the recipe', () => {
  const some = [
    runRow({ id: '1', recipe: { 'optim.lr': 0.01, 'model.depth': 6 } }),
    runRow({ id: '2', recipe: { 'model.depth': 6 } }),
    runRow({ id: '3', recipe: { 'model.depth': 6, 'probe.taps': ['norm'] } }),
    runRow({ id: '4', status: 'newer', recipe: {} }),
  ];
  const titles = (by: Grouping) =>
    lines(some, by, new Set()).map((l) => (l.kind === 'group' ? `${l.title} (${l.count})` : l.row.id));

  test('by the value it was given or has by default', () => {
    expect(titles('recipe:optim.lr')).toEqual([
      'optim.lr: 0.01 (1)',
      '1',
      `optim.lr: ${defaultFields['optim.lr']} (2)`,
      '2',
      '3',
      'optim.lr: - (1)',
      '4',
    ]);
    expect(titles('recipe:probe.taps')).toContain('probe.taps: ["norm"] (1)');
  });
  test('those that tell runs apart come first; every other field can be chosen too', () => {
    const fields = groupFields(some);
    expect(fields.filter((f) => f.values > 1)).toEqual([
      { field: 'optim.lr', values: 2 },
      { field: 'probe.taps', values: 2 },
    ]);
    expect(fields.slice(0, 2).map((f) => f.field)).toEqual(['optim.lr', 'probe.taps']);
    expect(fields.map((f) => f.field)).toContain('data.dataset');
    expect(fields.every((f) => isGrouping(`recipe:${f.field}`))).toBe(true);
    expect(isGrouping('recipe:optim.learning')).toBe(false);
  });
  test("a run's own fields are those that are not the default", () => {
    const recipe = parseRecipe({ name: 'x', optim: { lr: 0.5 }, model: { depth: 12 } });
    expect(ownFields(recipe)).toEqual({ 'optim.lr': 0.5 });
  });
});
