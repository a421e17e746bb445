// What the comparison shows, apart from how it is drawn.
import { describe, expect, it } from 'vitest';
import type { CheckpointRow, RunCheckpoint } from '../../../contract/app/checkpoints.ts';
import type { LayerProbe } from '../../../contract/app/series.ts';
import { type Recipe, recipeSchema } from '../../../contract/recipe.ts';
import { csvOf, pointTable, summaryOf } from '../../../renderer/charts/text.ts';
import { chosenOf, mostCompared, queryOf } from '../../../renderer/features/compare/chosen.ts';
import { differenceOf } from '../../../renderer/features/compare/difference.ts';
import {
  type CheckpointItem,
  type Item,
  itemsOf,
  type Known,
  type RunItem,
  runOfFile,
} from '../../../renderer/features/compare/items.ts';
import {
  accuracyPoints,
  floorsOf,
  layerCurves,
  overlaid,
  probeSteps,
  tagChart,
} from '../../../renderer/features/compare/overlay.ts';
import {
  intervalText,
  pressed,
  type ResultRow,
  resultRow,
  seedGroups,
  sortResults,
} from '../../../renderer/features/compare/results.ts';
import { checkpointRow, runRow } from './rows.ts';

const recipe = (more: object = {}): Recipe => recipeSchema.parse({ version: 1, name: 'r', ...more });
const look = (i: number) => ({ colour: `#${i}`, dash: [] });
const choice = { metric: 'cos_abs', tap: 'norm' } as const;

const run = (id: string, more: Partial<RunItem> = {}): RunItem => ({
  kind: 'run',
  key: `run ${id}`,
  name: id,
  run: id,
  row: runRow({ id }),
  recipe: recipe(),
  ...look(0),
  ...more,
});
const row = (more: Partial<RunCheckpoint> = {}): RunCheckpoint =>
  checkpointRow({ ...{ runName: 'first', step: 90, epoch: 1, top1: 91, last_layer_similarity: 0.2 }, ...more });
const checkpoint = (more: Partial<RunCheckpoint> = {}): CheckpointItem => {
  const c = row(more);
  return { ...run('a'), kind: 'checkpoint', key: `checkpoint ${c.file}`, file: c.file, name: 'kept', checkpoint: c };
};
const probe = (step: number, values: number[], tap: 'norm' | 'block' = 'norm'): LayerProbe => ({
  step,
  epoch: step / 100,
  split: 'val',
  images: 8,
  tap,
  metrics: { cos_abs: values },
  spread: {},
});

describe('what is chosen, in the address', () => {
  it('comes back as it was, commas and slashes in it', () => {
    const chosen = { runs: ['a', 'b'], checkpoints: ['/a, b/100 %.safetensors'] };
    expect(chosenOf(queryOf(chosen))).toEqual({ ...chosen, left: 0 });
    expect(queryOf({ runs: [], checkpoints: [] })).toEqual({});
  });
  it('is each once, whatever was typed', () => {
    expect(chosenOf({ runs: 'a,,a,50%', checkpoints: ['x'] })).toEqual({
      runs: ['a', '50%'],
      checkpoints: [],
      left: 0,
    });
  });
  it('is no more than can be compared, runs first', () => {
    const ids = (n: number, letter: string) => Array.from({ length: n }, (_, i) => `${letter}${i}`).join(',');
    const some = chosenOf({ runs: ids(18, 'r'), checkpoints: ids(5, 'c') });
    expect([some.runs.length, some.checkpoints.length, some.left]).toEqual([18, 2, 3]);
    const many = chosenOf({ runs: ids(25, 'r'), checkpoints: ids(1, 'c') });
    expect([many.runs.length, many.checkpoints.length, many.left]).toEqual([mostCompared, 0, 6]);
  });
});

describe('names and looks', () => {
  const known = (names: Record<string, string>, checkpoints: CheckpointRow[] = []): Known => ({
    row: (id) => (names[id] === undefined ? undefined : runRow({ id, name: names[id] })),
    detail: () => undefined,
    checkpoint: (file) => checkpoints.find((c) => c.file === file),
    look,
  });
  it('tells runs of one name apart by when they were made', () => {
    const names = { '20261125-030514-x': 'same', '20261126-030514-x': 'same', c: 'other' };
    const items = itemsOf({ runs: Object.keys(names), checkpoints: [] }, known(names));
    expect(items.map((i) => i.name)).toEqual(['same (20261125-030514)', 'same (20261126-030514)', 'other']);
    expect(items.map((i) => i.colour)).toEqual(['#0', '#1', '#2']);
  });
  it('tells runs made in one second apart by their ids', () => {
    const names = { '20261125-030514-x': 'same', '20261125-030514-x-2': 'same' };
    expect(itemsOf({ runs: Object.keys(names), checkpoints: [] }, known(names)).map((i) => i.name)).toEqual([
      'same (20261125-030514-x)',
      'same (20261125-030514-x-2)',
    ]);
  });
  it('gives a checkpoint its run, and one that is gone the end of its path', () => {
    const chosen = { runs: ['a'], checkpoints: [row().file, '/lib/runs/b/checkpoints/7.safetensors'] };
    const items = itemsOf(chosen, known({ a: 'first' }, [row()]));
    expect(items.map((i) => [i.name, i.run])).toEqual([
      ['first', 'a'],
      ['first, step 90', 'a'],
      ['b/checkpoints/7.safetensors', 'b'],
    ]);
    expect(runOfFile('C:\\lib\\runs\\b\\checkpoints\\7.safetensors')).toBe('b');
    expect(runOfFile('/elsewhere/7.safetensors')).toBe('');
  });
});

describe('curves over each other', () => {
  const column = (...values: number[]) => Float64Array.from(values);
  const curve = { step: column(1, 2), epoch: column(0.1, 0.2), wall: column(3, 6), value: column(5, 4) };
  it('are one a run that logged the tag, none of a checkpoint', () => {
    const items: Item[] = [run('a'), run('b'), checkpoint()];
    const curves = overlaid(items, 'train/loss', 'time', (id) => (id === 'a' ? { 'train/loss': curve } : undefined));
    expect(curves.map((c) => [c.id, [...c.x], [...c.y], c.along !== null])).toEqual([['run a', [3, 6], [5, 4], true]]);
  });
  it('know their axis', () => {
    expect(tagChart('val/top1')).toEqual({ label: 'accuracy, %', noisy: false, logarithmic: false, bounds: [0, 100] });
    expect(tagChart('train/loss_ce')).toEqual({ label: 'train/loss_ce', noisy: true, logarithmic: true });
    expect(tagChart('own/tag')).toEqual({ label: 'own/tag', noisy: true, logarithmic: true });
  });
});

describe('similarity over layers', () => {
  const probes = {
    a: [probe(0, [0.1, 0.2]), probe(100, [0.3, 0.4])],
    b: [probe(60, [0.5]), probe(60, [0.9], 'block')],
  };
  const probesOf = (id: string) => probes[id as keyof typeof probes];
  const values = (items: Item[], at: number | null) =>
    layerCurves(items, choice, at, probesOf).map((c) => [c.series.name, [...c.series.y], c.taken]);

  it('is the last probe of each run, or the one nearest to a step', () => {
    expect(values([run('a'), run('b'), run('c')], null)).toEqual([
      ['a', [0.3, 0.4], "its run's probe at step 100"],
      ['b', [0.5], "its run's probe at step 60"],
    ]);
    expect(values([run('a')], 20)).toEqual([['a', [0.1, 0.2], "its run's probe at step 0"]]);
    expect(probeSteps([run('a'), run('b')], choice, probesOf)).toEqual([0, 60, 100]);
  });
  it('is of a checkpoint what was diagnosed, else the probe nearest to its step, wherever the runs are scrubbed', () => {
    expect(values([checkpoint()], 0)).toEqual([['kept', [0.3, 0.4], "its run's probe at step 100"]]);
    const diagnosis = {
      definition: 'd',
      tap: 'norm',
      tokens: 'patches',
      images: 512,
      split: 'test',
      dataset: { name: 'mnist' },
      metrics: { cos_abs: [0.7, 'NaN'] },
      ...{ at: '', weights: null, heads: null, mean: null, std: null },
    } as unknown as CheckpointRow['results']['diagnoses'][number];
    const measured = checkpoint({ results: { evaluations: [], diagnoses: [diagnosis] } });
    expect(values([measured], 0)).toEqual([
      ['kept', [0.7, Number.NaN], 'diagnosed on mnist · test · 512 images · tap norm'],
    ]);
  });
  it('has one floor for models of one width, else each with its width', () => {
    const wide = run('b', { recipe: recipe({ model: { embed_dim: 256 } }) });
    expect(floorsOf([run('a'), run('c', { recipe: undefined })], choice).map((l) => l.text)).toEqual([
      'random tokens: 0.0997',
    ]);
    expect(floorsOf([run('a'), wide], choice).map((l) => l.text)).toEqual([
      'random tokens, width 64: 0.0997',
      'random tokens, width 256: 0.0499',
    ]);
  });
});

describe('the difference of two runs', () => {
  const a = { name: 'A', probes: [probe(0, [0.5, 0.5]), probe(100, [0.2, 0.4]), probe(200, [0.1, 0.1])] };
  it('is centred on nothing and says how steps were matched', () => {
    const b = { name: 'B', probes: [probe(0, [0.5, 0.5]), probe(110, [0.4, 0.3])] };
    const found = differenceOf(a, b, choice);
    expect([...found.xs]).toEqual([0, 100]);
    expect(found.columns[1]?.map((v) => v.toFixed(1))).toEqual(['-0.2', '0.1']);
    expect(found.range[0]).toBe(-found.range[1]);
    expect(found.range[1]).toBeCloseTo(0.2);
    expect(found.words).toBe(
      'A − B, layers 0 to 1, at 2 probes. Each probe of A stands beside the nearest of B, at most 10 steps away. 1 probe of A has none near enough and is left out.',
    );
  });
  it('of a run and itself is nothing, on a scale that is something', () => {
    const found = differenceOf(a, a, choice);
    expect(found.columns.flat().every((v) => v === 0)).toBe(true);
    expect(found.range).toEqual([-1, 1]);
    expect(found.words).toContain('Both were probed at the same steps.');
  });
  it('of runs without probes has no words', () => {
    expect(differenceOf(a, { name: 'B', probes: [] }, choice)).toMatchObject({ columns: [], words: '' });
  });
});

describe('results', () => {
  const result = (id: string, top1: number | null, more: Partial<RunItem> = {}): ResultRow =>
    resultRow(run(id, { row: runRow({ id, best_top1: top1 }), ...more }));
  const names = (rows: readonly ResultRow[]) => rows.map((r) => r.item.name);

  it('are ordered either way, those without a value last', () => {
    const rows = [result('a', 90), result('b', null), result('c', 95), result('d', Number.NaN)];
    const first = pressed(null, 'top1');
    expect(names(sortResults(rows, first))).toEqual(['c', 'a', 'b', 'd']);
    expect(names(sortResults(rows, pressed(first, 'top1')))).toEqual(['a', 'c', 'b', 'd']);
    expect(names(sortResults(rows, pressed(first, 'name')))).toEqual(['a', 'b', 'c', 'd']);
    expect(names(sortResults(rows, null))).toEqual(['a', 'b', 'c', 'd']);
  });
  it('of a checkpoint are its own', () => {
    expect(resultRow(checkpoint()).values).toEqual({
      top1: 91,
      similarity: 0.2,
      images_per_s: null,
      duration: null,
      steps: 90,
    });
  });
  it('have a mean over finished runs that differ in the seed alone', () => {
    const seeded = (id: string, seed: number, top1: number, more = {}) =>
      result(id, top1, { recipe: recipe({ seed, name: id, ...more }) });
    const rows = [
      seeded('a', 0, 90),
      seeded('b', 1, 92),
      seeded('again', 1, 50),
      seeded('other', 2, 10, { optim: { lr: 0.5 } }),
      result('early', 5, {
        recipe: recipe({ seed: 3 }),
        row: runRow({ id: 'early', status: 'stopped', best_top1: 5 }),
      }),
    ];
    const groups = seedGroups(rows);
    expect(groups.map((g) => [g.names, g.seeds])).toEqual([
      [
        ['a', 'b'],
        [0, 1],
      ],
    ]);
    // two values: mean 91, s = sqrt(2), t = 12.706, so half = 12.706 sqrt(2) / sqrt(2)
    expect(groups[0]?.intervals.top1).toMatchObject({ mean: 91, n: 2 });
    expect(groups[0]?.intervals.top1?.half).toBeCloseTo(12.706);
    expect(intervalText('top1', groups[0]?.intervals.top1 ?? null)).toBe('91.00 ± 12.71 %');
    expect(intervalText('top1', null)).toBe('-');
  });
});

it('accuracy stands against similarity, one point each; who lacks one of the two is left out', () => {
  const items: Item[] = [
    run('a', { row: runRow({ id: 'a', best_top1: 96.4, last_layer_similarity: 0.11 }), ...look(1) }),
    run('b', { row: runRow({ id: 'b', best_top1: null, last_layer_similarity: 0.5 }) }),
    run('c', { row: runRow({ id: 'c', best_top1: 10, last_layer_similarity: Number.NaN }) }),
    run('d', { row: undefined }),
    checkpoint({ top1: 91, last_layer_similarity: 0.2 }),
  ];
  const points = accuracyPoints(items);
  expect(points.map((p) => [p.name, p.colour, ...p.x, ...p.y])).toEqual([
    ['a', '#1', 0.11, 96.4],
    ['kept', '#0', 0.2, 91],
  ]);
  expect(csvOf(points, 'last-layer similarity')).toBe('series,similarity,value\r\na,0.11,96.4\r\nkept,0.2,91\r\n');
  const table = pointTable(points, 'similarity', 'top-1');
  expect([table.rows, table.row(1)]).toEqual([2, ['kept', '0.2000', '91']]);
  expect(summaryOf(points, 'last-layer similarity', 0)).toBe(
    '2 points from last-layer similarity 0.110 to last-layer similarity 0.200. Values: a 96.40, kept 91.',
  );
});
