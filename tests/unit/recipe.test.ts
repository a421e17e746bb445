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

it.each<[unknown]>([
  [{ data: { path: '/data' } }],
  [{ data: { kind: 'parquet', path: '/data/train.parquet', val_share: 0.1, workers: 0 } }],
  [{ losses: { definition: 'diverse-vit', warmup_epochs: 0.5, off_after_epoch: 10 } }],
  [{ augment: { train_crop_mode: 'rrc', aa: 'rand-m9-mstd0.5-inc1', mixup: 0.8, cutmix: 1, reprob: 0.25 } }],
  [{ model: { in_chans: 3, pos_embed: 'sincos' }, data: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } }],
])('takes %j', (input) => {
  expect(refused(input)).toEqual([]);
});

it.each<[unknown, RegExp]>([
  [{ augment: { aa: 'augmix-m3' } }, /^augment\.aa: expected timm's form/],
  [{ augment: { scale: [0.9, 0.1] } }, /^augment\.scale: the first number is larger/],
  [{ augment: { scale: [0, 1] } }, /^augment\.scale\.0: /],
  [{ augment: { hflip: 1.5 } }, /^augment\.hflip: /],
  [{ augment: { train_crop_mode: 'rrc', crop_padding: 2 } }, /^augment\.crop_padding: .*exclude each other/],
  [{ data: { workers: -1 } }, /^data\.workers: .*>=0/],
  [{ data: { workers: 'all' } }, /^data\.workers: expected auto or a whole number of at least 0/],
  [{ data: { val_share: 1 } }, /^data\.val_share: /],
  [{ model: { in_chans: 2 } }, /^model\.in_chans: /],
  [{ model: { in_chans: 3 } }, /^data\.mean: has 1 values, model\.in_chans is 3/],
  [{ model: { embed_dim: 66, num_heads: 2, pos_embed: 'sincos' } }, /^model\.embed_dim: 66 is not divisible by 4/],
])('refuses %j', (input, problem) => {
  expect(refused(input)).toEqual([expect.stringMatching(problem)]);
});

it('takes an empty recipe as all defaults', () => {
  expect(parseRecipe(null)).toEqual(parseRecipe({ version: 1 }));
});
