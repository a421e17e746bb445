// What a recipe refuses, field by field, before anything starts.
import { describe, expect, it } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe } from '../../contract/recipe.ts';

function refused(input: unknown): string[] {
  try {
    parseRecipe(input);
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === 'RECIPE_INVALID')
      return e.problems.map((p) => `${p.where}: ${p.message}`);
    throw e;
  }
  return [];
}

describe('a combination that cannot be', () => {
  it.each<[unknown, string]>([
    [{ model: { embed_dim: 65 } }, 'model.embed_dim: 65 is not divisible by model.num_heads (4)'],
    [{ model: { mlp_ratio: 0.01 } }, 'model.mlp_ratio: of embed_dim 64 leaves the MLP no hidden unit'],
    [{ data: { img_size: 30 } }, 'data.img_size: 30 is not divisible by model.patch_size (7)'],
    [
      { model: { patch_size: 28 } },
      'model.patch_size: leaves 1 patch; patches are compared, so at least 2 x 2 are needed',
    ],
    [{ data: { std: [1, 1, 1] } }, 'data.std: has 3 channels, data.mean has 1'],
    [{ data: { path: '/data' } }, 'data.kind: say the format of data.path: idx'],
    [{ data: { kind: 'idx' } }, 'data.path: a folder is needed for kind idx'],
    [{ data: { dataset: null } }, 'data.dataset: name a dataset, or give kind and path'],
    [
      { probe: { every_epochs: null, every_steps: null } },
      'probe.every_steps: every_epochs and every_steps are both null',
    ],
  ])('%j', (input, problem) => {
    expect(refused(input)).toEqual([problem]);
  });
});

it('names every field at fault, not the first alone', () => {
  expect(refused({ optim: { lr: 0 }, train: { batch_size: 1.5 }, modle: {} })).toEqual([
    expect.stringMatching(/^optim\.lr: /),
    expect.stringMatching(/^train\.batch_size: /),
    expect.stringMatching(/^modle: unknown field; did you mean model\?/),
  ]);
});

it.each(['definition', 'mixup', 'cutmix', 'aa', 'color_jitter', 'reprob'])(
  'says of %s what is not there yet',
  (name) => {
    const section = name === 'definition' ? { losses: { definition: 'diverse-vit' } } : { augment: { [name]: 0.5 } };
    expect(refused(section)).toEqual([expect.stringContaining('not part of this version')]);
  },
);

it('takes an empty recipe as all defaults', () => {
  expect(parseRecipe(null)).toEqual(parseRecipe({ version: 1 }));
});
