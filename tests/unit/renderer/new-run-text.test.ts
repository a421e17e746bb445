// The recipe as text: read with lines, changed in one place, all else as it was.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../contract/recipe.ts';
import { readRecipeText, valueAt, withField, withLines } from '../../../renderer/features/new-run/recipe-text.ts';

const example = readFileSync(path.join(import.meta.dirname, '../../../recipes/example.yaml'), 'utf8');

describe('reading', () => {
  test('the shipped example, with its defaults', () => {
    const { recipe, problems } = readRecipeText(example);
    expect(problems).toEqual([]);
    expect(recipe).toMatchObject({ name: 'example', model: { depth: 12 }, train: { batch_size: 64 } });
  });
  test('nothing at all is the default recipe', () => {
    expect(readRecipeText('').recipe).toEqual(parseRecipe({}));
  });
  test('problems stand at the line of their field, one without a line at its section', () => {
    const text = 'model:\n  depht: 3\n  depth: -1\ndata:\n  img_size: 30\noptim: {\n  lr: x }\n';
    expect(readRecipeText(text).problems.map((p) => [p.where, p.line])).toEqual([
      ['model.depht', 2],
      ['model.depth', 3],
      ['optim.lr', 7],
    ]);
    expect(readRecipeText(text).problems[0]?.message).toBe('unknown field; did you mean model.depth?');
    expect(readRecipeText('data:\n  img_size: 30\n').problems).toMatchObject([{ where: 'data.img_size', line: 2 }]);
    expect(withLines('model:\n  depth: 2\n', [{ where: 'model.init', message: 'not found' }])[0]?.line).toBe(1);
    expect(withLines('model:\n  depth: 2\n', [{ where: 'engine', message: 'missing' }])[0]?.line).toBeNull();
  });
  test.each([
    ['a: [1,\nb: 2', 2],
    ['a: 1\na: 2\n', 2],
    ['- 1\n', 1],
    ['a: !secret x\n', 1],
  ])('%j is refused as a whole, with its line', (text, line) => {
    expect(readRecipeText(text)).toMatchObject({ tree: null, recipe: null, problems: [{ where: '', line }] });
  });
});

describe('one field changed', () => {
  test('leaves every other character', () => {
    expect(withField(example, 'model.depth', 6)).toBe(example.replace('depth: 12', 'depth: 6'));
    expect(withField('name:  x   # mine\nseed: 0\n', 'name', 'y')).toBe('name:  y   # mine\nseed: 0\n');
  });
  test('is added to its section, comments and order kept', () => {
    const changed = withField(example, 'train.log_every_steps', 5);
    expect(changed.split('\n').slice(0, 4)).toEqual(example.split('\n').slice(0, 4));
    expect(changed).toContain('max_steps: 2500, log_every_steps: 5 }');
  });
  test('makes its section where there is none', () => {
    expect(readRecipeText(withField('name: x\n', 'probe.taps', ['norm'])).recipe?.probe.taps).toEqual(['norm']);
    expect(readRecipeText(withField('', 'model.depth', 2)).recipe?.model.depth).toBe(2);
    expect(readRecipeText(withField('model:\nname: x\n', 'model.depth', 2)).recipe?.model.depth).toBe(2);
  });
  test('taken out, takes its empty section along', () => {
    expect(withField('name: x\ndata: { dataset: mnist }\n', 'data.dataset', undefined)).toBe('name: x\n');
    expect(withField('model:\n  depth: 2 # few\n  num_heads: 2\n', 'model.depth', undefined)).toBe(
      'model:\n  num_heads: 2\n',
    );
    expect(withField('name: x\n', 'data.dataset', undefined)).toBe('name: x\n');
  });
  test.each(['a: b', 'x, y}', '# no', 'null', '3', "it's", '"quoted"', ' blank ', 'C:\\data', '/data/with space', 'ü'])(
    'a name %j comes back as it is, in a block and in a flow collection',
    (name) => {
      for (const text of ['data:\n  path: p\n  kind: idx\n', 'data: { path: p, kind: idx }\n', 'data: {}\n'])
        expect(valueAt(readRecipeText(withField(text, 'data.path', name)).tree, 'data.path')).toBe(name);
    },
  );
  test.each([[[0.5]], [[1e-8, 0.1, 3]], [true], [null], [1e21], [1e-7]])('a value %j comes back as it is', (value) => {
    for (const text of ['data:\n  mean:\n    - 1\n    - 2\n  std: [1]\n', 'data: { mean: [1,\n  2], std: [1] }\n', ''])
      expect(valueAt(readRecipeText(withField(text, 'data.mean', value)).tree, 'data.mean')).toEqual(value);
  });
  test('a field that another one points to is not broken', () => {
    const text = 'optim: { warmup_lr: &low 1e-6, min_lr: *low }\n';
    const changed = readRecipeText(withField(text, 'optim.min_lr', 1e-5));
    expect(changed.recipe?.optim).toMatchObject({ warmup_lr: 1e-6, min_lr: 1e-5 });
    const pointed = readRecipeText(withField(text, 'optim.warmup_lr', 1e-7));
    expect(pointed.recipe?.optim).toMatchObject({ warmup_lr: 1e-7, min_lr: 1e-7 });
  });
});
