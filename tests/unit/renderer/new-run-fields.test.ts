// The form of a new run against the schema it is read from.
import { describe, expect, test } from 'vitest';
import { allFields, parseRecipe, recipeSchema } from '../../../contract/recipe.ts';
import { formatCount } from '../../../renderer/features/new-run/counts.ts';
import {
  boundsText,
  type Field,
  recipeSections,
  shownText,
  written,
} from '../../../renderer/features/new-run/fields.ts';
import { formulasFor } from '../../../renderer/features/new-run/formulas.ts';
import { offersOf } from '../../../renderer/features/new-run/offers.ts';
import { valueAt } from '../../../renderer/features/new-run/recipe-text.ts';

const sections = recipeSections();
const fields = sections.flatMap((s) => s.fields);
const field = (path: string): Field => {
  const found = fields.find((f) => f.path === path);
  if (!found) throw new Error(`no field ${path}`);
  return found;
};
const defaults = { ...parseRecipe({}) };
/** Whether the schema takes this value at this field, whatever stands in the others. */
function taken(path: string, value: unknown): boolean {
  const [section = '', key] = path.split('.');
  const read = recipeSchema.safeParse(key === undefined ? { [section]: value } : { [section]: { [key]: value } });
  return read.error?.issues.every((issue) => issue.code === 'custom') ?? true;
}

test('every field of the recipe stands in the form once', () => {
  expect(fields.map((f) => f.path).sort()).toEqual([...allFields()].sort());
});

test('sections have the names of the screen, in its order', () => {
  expect(sections.map((s) => s.title)).toEqual([
    'Run',
    'Data',
    'Model',
    'Losses',
    'Optimisation',
    'Augmentation',
    'Training',
    'Probe',
    'Engine',
  ]);
});

test.each(fields.map((f) => [f.path, f] as const))('%s: default, options and bounds are the schema’s', (path, f) => {
  expect(f.default).toEqual(valueAt(defaults, path));
  expect(f.title).not.toBe('');
  if (path !== 'version') expect(f.help).not.toBe('');
  expect(taken(path, null)).toBe(f.nullable || (f.kind.type === 'fixed' && f.kind.value === null));
  const { kind } = f;
  if (kind.type === 'choice') {
    for (const option of kind.options) expect(taken(path, option), String(option)).toBe(true);
    expect(taken(path, 'no-such-option')).toBe(false);
  }
  if (kind.type === 'number') {
    const { integer, min, above, max, below } = kind.bounds;
    if (integer) expect(taken(path, 1.5)).toBe(false);
    if (min !== undefined) expect(taken(path, min - 1)).toBe(false);
    if (above !== undefined) expect(taken(path, above)).toBe(false);
    if (max !== undefined) expect(taken(path, max + 1)).toBe(false);
    if (below !== undefined) expect(taken(path, below)).toBe(false);
    if (kind.word !== undefined) expect(taken(path, kind.word)).toBe(true);
  }
});

test('the patch losses show their formulas', () => {
  expect(fields.filter((f) => f.formula).map((f) => f.key)).toEqual([
    'patch_cosine',
    'patch_contrastive',
    'patch_mixing',
  ]);
});

test('formulas are those of the definition that the recipe names', () => {
  const paper = formulasFor({});
  expect(fields.filter((f) => f.formula).map((f) => paper.get(f.path))).toEqual(fields.flatMap((f) => f.formula ?? []));
  const published = formulasFor({ losses: { definition: 'reference-code' } });
  expect(published.get('losses.patch_contrastive')).toContain('7 x 7 neighbourhood');
  expect(published.get('losses.patch_cosine')).toBe(paper.get('losses.patch_cosine'));
  expect(formulasFor({ losses: { definition: 'mine' } })).toEqual(paper);
});

test('choices, pairs, words beside numbers and text that may be off are known as such', () => {
  expect(field('model.in_chans')).toMatchObject({ nullable: true, kind: { type: 'choice', options: [1, 3] } });
  expect(field('augment.scale').kind).toEqual({ type: 'numbers', least: 2, most: 2 });
  expect(field('data.workers').kind).toMatchObject({ type: 'number', word: 'auto', bounds: { integer: true, min: 0 } });
  expect(field('augment.aa')).toMatchObject({ nullable: true, kind: { type: 'text' } });
  expect(field('data.kind')).toMatchObject({ nullable: true, kind: { type: 'choice' } });
  expect(field('augment.remode').kind).toEqual({ type: 'choice', options: ['const', 'rand', 'pixel'] });
});

test('fields that take one value say why', () => {
  const fixed = fields.filter((f) => f.kind.type === 'fixed');
  expect(fixed.map((f) => f.key)).toEqual(['version']);
  for (const f of fixed) expect(f.kind.type === 'fixed' && f.kind.reason).toMatch(/^[A-Z].{10,}\.$/);
});

describe('what is written in a field', () => {
  test('a number, none, the word, or text for the schema to refuse', () => {
    expect(written(field('optim.lr'), ' 1e-4 ')).toBe(1e-4);
    expect(written(field('optim.lr'), '1e-')).toBe('1e-');
    expect(written(field('optim.lr'), '')).toBe('');
    expect(written(field('train.max_steps'), '')).toBeNull();
    expect(written(field('threads'), 'auto')).toBe('auto');
    expect(written(field('threads'), '4')).toBe(4);
    expect(written(field('data.workers'), '0')).toBe(0);
    expect(written(field('augment.aa'), '')).toBeNull();
  });
  test('lists, with commas or blanks', () => {
    expect(written(field('data.mean'), '0.1, 0.2 0.3')).toEqual([0.1, 0.2, 0.3]);
    expect(written(field('data.mean'), '0.1, x')).toEqual([0.1, 'x']);
  });
  test('is shown as it was written', () => {
    expect([shownText([0.9, 0.999]), shownText(null), shownText(1e-8), shownText(false)]).toEqual([
      '0.9, 0.999',
      '',
      '1e-8',
      'false',
    ]);
  });
});

test('bounds as words', () => {
  expect(boundsText({ integer: true, min: 1 })).toBe('whole, at least 1');
  expect(boundsText({ integer: false, min: 0, below: 1 })).toBe('at least 0, below 1');
  expect(boundsText({ integer: false, min: 0, max: 1 })).toBe('0 to 1');
});

test('offers name fields that exist', () => {
  const offered = offersOf({ datasets: [], checkpoints: [], engines: [] });
  for (const path of Object.keys(offered)) expect(allFields()).toContain(path);
  expect(offered['data.dataset']).toBeUndefined();
});

test('counts', () => {
  expect([605_322, 1.2e10, 999_950, 12, 0].map(formatCount)).toEqual(['605 k', '12.0 G', '1.00 M', '12 ', '0 ']);
});
