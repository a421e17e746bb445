// The recipes that ship: each is a recipe, says its command, and is the model that its source names.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { vitParameterCount } from '../../core/estimate.ts';
import { dataProblems, modelOf } from '../../core/recipe-on-data.ts';
import { builtIns } from '../../main/datasets/built-in.ts';
import { datasetOf } from '../../main/datasets/resolve.ts';
import { readPresets } from '../../main/training/presets.ts';

const folder = fileURLToPath(new URL('../../recipes', import.meta.url));
const presets = readPresets(folder);
const library = mkdtempSync(path.join(tmpdir(), 'presets-'));
afterAll(() => rmSync(library, { recursive: true, force: true }));

const imagenet = { classes: 1000, channels: 3, size: null, trainImages: 1_281_167 };

test.each(presets)('$id says its command, and what it takes or gave', ({ id, about, recipe }) => {
  expect(about).toContain(`recipes/${id}.yaml`);
  expect(about).toMatch(/^Result: /m);
  expect(recipe.name).toBe(id);
});

/** timm's deit_*_patch16_224; talking heads add two maps over the heads, with biases, to each block. */
test.each([
  ['deit-tiny-224', 5717416, 3, 12],
  ['deit-small-224', 22050664, 6, 12],
  ['deit-base-224', 86567656, 12, 12],
  ['deit-small-224-24', 22050664 + 12 * 1774464, 6, 24],
  ['deit-base-224-24', 86567656 + 12 * 7087872, 12, 24],
])('%s is a DeiT of %d parameters, and its talking heads', (id, parameters, heads, depth) => {
  const recipe = presets.find((p) => p.id === id)!.recipe;
  expect(dataProblems(recipe, imagenet)).toEqual([]);
  expect(vitParameterCount(modelOf(recipe, imagenet))).toBe(parameters + 2 * depth * (heads ** 2 + heads));
  expect(recipe.losses).toMatchObject({ definition: 'reference-code', patch_cosine: 0, patch_contrastive: 1 });
  expect([recipe.augment.mixup, recipe.augment.cutmix]).toEqual([0, 0]);
  const images = recipe.train.batch_size * recipe.train.grad_accum;
  expect(recipe.optim.lr).toBeCloseTo((5e-4 * images) / 512, 9);
});

test('data that is not here is named, with what to do', () => {
  const elsewhere = presets.filter(({ recipe }) => !builtIns.some((b) => b.name === recipe.data.dataset));
  expect(elsewhere.map((p) => p.id)).toContain('deit-base-224');
  for (const { recipe } of elsewhere)
    try {
      datasetOf(recipe.data, library);
      expect.fail(`${recipe.data.dataset} was found`);
    } catch (e) {
      if (!(e instanceof UnsmoothError)) throw e;
      expect(e).toMatchObject({ code: 'DATASET_NOT_FOUND' });
      expect(e.hint).toContain(`unsmooth datasets add PATH --name ${recipe.data.dataset}`);
    }
});
