// The grid of an ablation, what of it is done, and its table: on recipes and run folders as they lie on disk.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseRecipe, type Recipe } from '../../contract/recipe.ts';
import type { Run } from '../../contract/saved/run.ts';
import { spreadOf } from '../../core/spread.ts';
import { patched } from '../../main/training/ablation/grid.ts';
import { tableText } from '../../main/training/ablation/markdown.ts';
import { type Ablation, readAblation } from '../../main/training/ablation/read.ts';
import { placed, secondsLeft } from '../../main/training/ablation/state.ts';
import { ablationTable } from '../../main/training/ablation/table.ts';
import { tinyRun } from './run-folder.fixtures.ts';

let folder = '';
let runs = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ablation-'));
  runs = path.join(folder, 'runs');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const grid = {
  name: 'grid',
  base: { model: { embed_dim: 32 }, losses: { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 } },
  variants: { plain: {}, '+ cosine': { losses: { patch_cosine: 1 } }, mixed: { 'losses.patch_mixing': 0.5 } },
  axes: { 'model.depth': [2, 4] },
  seeds: [0, 1],
};
const write = (name: string, content: unknown) => writeFileSync(path.join(folder, name), stringify(content));
const read = (settings: string[] = []): Ablation => readAblation(folder, settings);
const refusal = (settings: string[] = []) => {
  try {
    read(settings);
  } catch (e) {
    return e;
  }
  return expect.fail('it was read');
};

/** A run folder of `recipe`, as a worker leaves it. */
function leave(id: string, recipe: Recipe, over: Partial<Run> = {}, summary: Partial<Run['summary']> = {}): void {
  const dir = path.join(runs, id);
  mkdirSync(dir, { recursive: true });
  const run = { ...tinyRun(), id, recipe, status: 'done' as const, ...over };
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...run, summary: { ...run.summary, ...summary } }));
}

describe('a grid', () => {
  test('becomes every variant at every point with every seed, the first seed first', () => {
    write('ablation.yaml', grid);
    const { name, axes, cells } = read();
    expect({ name, axes, count: cells.length }).toEqual({ name: 'grid', axes: ['model.depth'], count: 12 });
    expect(cells.slice(0, 4).map((c) => c.title)).toEqual([
      'plain, depth 2, seed 0',
      '+ cosine, depth 2, seed 0',
      'mixed, depth 2, seed 0',
      'plain, depth 4, seed 0',
    ]);
    const last = cells.at(-1)?.recipe;
    expect(last).toMatchObject({ seed: 1, model: { depth: 4, embed_dim: 32 }, name: 'grid mixed, depth 4, seed 1' });
    expect(last?.losses).toMatchObject({ patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0.5 });
  });
  test('takes its base from a file beside it, which is then no recipe of its own', () => {
    write('base.yaml', grid.base);
    write('ablation.yaml', { ...grid, base: 'base.yaml' });
    expect(read().cells).toHaveLength(12);
    write('other.yaml', { name: 'other-s3', seed: 3 });
    expect(read().cells.at(-1)).toMatchObject({ variant: 'other', title: 'other-s3, seed 3' });
  });
  test('fields set over it reach every cell', () => {
    write('ablation.yaml', grid);
    expect(new Set(read(['train.max_steps=3']).cells.map((c) => c.recipe.train.max_steps))).toEqual(new Set([3]));
  });
  test.each([
    [{ ...grid, seeds: [] }, 'seeds'],
    [{ ...grid, variants: {} }, 'variants: name at least one'],
    [{ ...grid, version: 2 }, 'version: this version reads grids of version 1'],
    [{ ...grid, axis: {} }, 'axis'],
    [{ ...grid, axes: { 'model.dept': [1] } }, 'plain, dept 1, seed 0: the recipe is not valid: model.dept: unknown'],
    [{ ...grid, seeds: [0, 0] }, 'the same recipe with the same seed'],
    [{ ...grid, seeds: Array.from({ length: 200 }, (_, i) => i) }, 'the grid has 1200 cells'],
  ])('is refused with the place of what is wrong: %#', (content, said) => {
    write('ablation.yaml', content);
    expect(refusal()).toMatchObject({ code: 'RECIPE_INVALID', message: expect.stringContaining(said) });
  });
  test('a base that is not there, and an empty folder', () => {
    expect(refusal()).toMatchObject({ code: 'RECIPE_UNREADABLE' });
    write('ablation.yaml', { ...grid, base: 'nowhere.yaml' });
    expect(refusal()).toMatchObject({ code: 'RECIPE_UNREADABLE', message: expect.stringContaining('nowhere.yaml') });
  });
  test('fields are joined: maps go together, everything else is replaced', () => {
    const tree = { a: { b: 1, c: [1, 2] }, d: 4 };
    expect(patched(tree, { 'a.b': 2, a: { c: [3] }, 'e.f.g': 5 })).toEqual({
      a: { b: 2, c: [3] },
      d: 4,
      e: { f: { g: 5 } },
    });
    expect(tree).toEqual({ a: { b: 1, c: [1, 2] }, d: 4 });
  });
});

describe('what is done', () => {
  test('is told by the recipes of the runs, whatever they are called', () => {
    write('ablation.yaml', { ...grid, variants: { plain: {} }, seeds: [0, 1, 2] });
    const { cells } = read();
    const recipe = (i: number) => cells[i]?.recipe as Recipe;
    leave('1-done', { ...recipe(0), name: 'called otherwise' });
    leave('2-failed', recipe(0), { status: 'failed' });
    leave('1-stopped', recipe(1), { status: 'stopped' });
    leave('1-diverged', recipe(2), { status: 'diverged' });
    leave('1-orphan', recipe(3), { status: 'running' }); // nobody owns it
    leave('1-other', parseRecipe({ seed: 9 }));
    const states = placed(cells, runs).map(({ at }) => [at.state, at.state === 'left' ? null : at.run.id]);
    expect(states).toEqual([
      ['done', '1-done'],
      ['interrupted', '1-stopped'],
      ['failed', '1-diverged'],
      ['interrupted', '1-orphan'],
      ['left', null],
      ['left', null],
    ]);
  });
  test('what is left is estimated by the nearest recipes that are done, their operations, and how far it came', () => {
    write('ablation.yaml', { ...grid, variants: { plain: {}, '+ cosine': { 'losses.patch_cosine': 1 } } });
    const { cells } = read();
    const of = (title: string) => cells.find((c) => c.title === title)?.recipe as Recipe;
    const dataset: Run['dataset'] = {
      name: 'mnist',
      kind: 'idx',
      path: '/data',
      fingerprint: '0',
      classes: 10,
      channels: 1,
      train: 640,
      val: 100,
    };
    const times = (trained_s: number) => ({ dataset, times: { ...tinyRun().times, trained_s } });
    expect(placed(cells, runs).map((c, _, all) => secondsLeft(c, all))).toEqual(Array(8).fill(null));
    leave('a', of('plain, depth 2, seed 0'), times(10));
    const alone = placed(cells, runs);
    const deeper = secondsLeft(alone.find((c) => c.title === 'plain, depth 4, seed 0') ?? expect.fail(), alone);
    expect(deeper).toBeGreaterThan(17); // twice the blocks, the same embedding
    expect(deeper).toBeLessThan(20);
    leave('b', of('plain, depth 4, seed 0'), times(20));
    const progress = { step: 3, steps: 4, epoch: 0, steps_per_epoch: 4 };
    leave('c', of('plain, depth 4, seed 1'), { status: 'stopped', progress });
    const all = placed(cells, runs);
    const left = Object.fromEntries(all.map((c) => [c.title, secondsLeft(c, all)]));
    expect(left).toMatchObject({
      'plain, depth 2, seed 0': 0,
      'plain, depth 2, seed 1': 10,
      'plain, depth 4, seed 1': 5,
    });
    expect(left['+ cosine, depth 4, seed 1']).toBeGreaterThan(20); // all pairs of patches on top
    expect(left['+ cosine, depth 4, seed 1']).toBeLessThan(21);
  });
});

describe('the table', () => {
  const made = new Date('2026-02-03T04:05:06Z');
  test('says mean and spread over seeds, each seed, and which difference is within the seeds', () => {
    write('ablation.yaml', { ...grid, axes: { 'model.depth': [2] } });
    const ablation = read();
    const top1 = { plain: [80, 82], '+ cosine': [81, 81.5], mixed: [84, 85] };
    for (const [variant, values] of Object.entries(top1))
      for (const [seed, value] of values.entries()) {
        const cell = ablation.cells.find((c) => c.variant === variant && c.recipe.seed === seed);
        const last_layer_similarity = { block: 0.25 + seed / 4, norm: 0.5 };
        leave(`${variant}-${seed}`, cell?.recipe as Recipe, {}, { 'val/top1': value, last_layer_similarity });
      }
    const table = ablationTable(ablation, placed(ablation.cells, runs), made);
    expect(table.rows.map((r) => [r.variant, r.top1?.mean, r.top1?.half, r.against])).toEqual([
      ['plain', 81, 1, null],
      ['+ cosine', 81.25, 0.25, { variant: 'plain', top1: 0.25, overlap: true }],
      ['mixed', 84.5, 0.5, { variant: 'plain', top1: 3.5, overlap: false }],
    ]);
    const text = tableText(table);
    expect(text).toContain(
      '| plain | 2 | 2 | 81.00 ± 1.00 | 80.00, 82.00 | - | 0.500 ± 0.000 | 0.500, 0.500 | 0.375 ± 0.125 | 0.250, 0.500 | 0.141 |',
    );
    expect(text).toContain('+0.25 (within the seeds)');
    expect(text).toContain('| +3.50 |');
    expect(text).toContain('a range, no confidence interval');
    expect(text).not.toContain('95 % interval');
    expect(text).toContain('- varied: seed · losses.patch_cosine · losses.patch_mixing');
  });
  test('shows what is missing, and compares no half-trained run', () => {
    write('ablation.yaml', { ...grid, variants: { plain: {} }, axes: {} });
    const ablation = read();
    leave('x', ablation.cells[0]?.recipe as Recipe, { status: 'stopped' }, { 'val/top1': 50 });
    const table = ablationTable(ablation, placed(ablation.cells, runs), made);
    expect(table).toMatchObject({ done: 0, of: 2, axes: ['model.depth'] });
    expect(table.rows[0]?.seeds.map((s) => [s.state, s.top1])).toEqual([
      ['interrupted', null],
      ['left', null],
    ]);
    expect(tableText(table)).toContain('**0 of 2 runs are done.**');
    expect(tableText(table)).toContain('| plain | 12 | 0 of 2 | - | interrupted, left | 0.141 | - | - |');
  });
  test('the spread is said as what it is', () => {
    expect(spreadOf([null, Number.NaN])).toBeNull();
    expect(spreadOf([4, null])).toEqual({ n: 1, mean: 4, low: 4, high: 4, half: null, kind: 'one' });
    expect(spreadOf([4, 6])).toEqual({ n: 2, mean: 5, low: 4, high: 6, half: 1, kind: 'range' });
    const three = spreadOf([4, 5, 6]);
    expect(three).toMatchObject({ n: 3, mean: 5, low: 4, high: 6, kind: 'interval95' });
    expect(three?.half).toBeCloseTo(4.303 / Math.sqrt(3), 6); // t for 2 degrees of freedom, s = 1
  });
});
