// A recipe beside a dataset and beside itself: what is taken over, what does not apply.
import { describe, expect, test } from 'vitest';
import type { DatasetDescription } from '../../../contract/app/datasets.ts';
import { allFields, parseRecipe } from '../../../contract/recipe.ts';
import { idleFields } from '../../../renderer/features/new-run/applies.ts';
import {
  fittingChanges,
  proposedPatch,
  proposedSize,
  proposedSplits,
  statisticsFor,
  withChanges,
} from '../../../renderer/features/new-run/on-dataset.ts';
import { readRecipeText } from '../../../renderer/features/new-run/recipe-text.ts';

const split = (name: string, images: number, unlabelled = 0) => ({
  name,
  images,
  perClass: [images - unlabelled],
  unlabelled,
});
const found: DatasetDescription = {
  identity: {
    name: 'cats',
    kind: 'imagefolder',
    path: '/data/cats',
    fingerprint: 'f',
    classes: 2,
    channels: 3,
    train: 90,
    val: 10,
  },
  splits: [split('test', 10, 10), split('train', 90), split('val', 12)],
  classNames: ['cat', 'dog'],
  sizes: { min: [20, 30], max: [400, 300] },
  mean: [0.51239, 0.4, 0.3],
  std: [0.2, 0.2, 0.2],
  measured: 90,
  checked: { decoded: 90, heads: 0 },
  notes: [],
  problems: [],
  problemCount: 0,
};

describe('fitted to a dataset', () => {
  test('a recipe that had nothing for it can be started, all else as it was', () => {
    const text =
      '# mine\nmodel: { depth: 3, in_chans: 1 }\ndata: { dataset: mnist, train_limit: 64 }\ntrain: { max_steps: 5 }\n';
    const { tree } = readRecipeText(text);
    const fitted = withChanges(text, fittingChanges('cats', found, tree ?? {}));
    const { recipe, problems } = readRecipeText(fitted);
    expect(problems).toEqual([]);
    expect(fitted.startsWith('# mine\n')).toBe(true);
    expect(recipe).toMatchObject({
      data: { dataset: 'cats', train_split: 'train', val_split: 'val', val_share: null, img_size: 64, train_limit: 64 },
      model: { depth: 3, in_chans: null, patch_size: 8 },
      train: { max_steps: 5 },
    });
    expect(recipe?.data.mean).toEqual([0.5124, 0.4, 0.3]);
    expect(fitted).not.toContain('train_split'); // its default
    expect(withChanges(fitted, fittingChanges('cats', found, readRecipeText(fitted).tree ?? {}))).toBe(fitted);
  });
  test('without a labelled second split a share is held out', () => {
    const alone = { ...found, splits: [split('all', 90), split('test', 10, 10)] };
    const { recipe } = readRecipeText(withChanges('', fittingChanges('cats', alone, {})));
    expect(recipe?.data).toMatchObject({ train_split: 'all', val_share: 0.1 });
    expect(proposedSplits([split('a', 5), split('b', 50)])).toEqual({ train: 'b', val: 'a' });
  });
  test.each<[DatasetDescription['sizes'], number]>([
    [{ min: [28, 28], max: [28, 28] }, 28],
    [{ min: [32, 32], max: [32, 32] }, 32],
    [{ min: [300, 200], max: [600, 500] }, 224],
    [{ min: [20, 30], max: [400, 300] }, 64],
    [{ min: [1, 1], max: [9, 9] }, 28],
  ])('size of %j', (sizes, size) => {
    expect(proposedSize(sizes)).toBe(size);
    expect(size % proposedPatch(size, 7)).toBe(0);
  });
  test('a patch size that fits is kept', () => {
    expect([proposedPatch(224, 32), proposedPatch(224, 7), proposedPatch(32, 7), proposedPatch(31, 7)]).toEqual([
      32, 7, 4, 1,
    ]);
  });
  test('mean and std by the channels of the model', () => {
    const grey = { ...found, identity: { ...found.identity, channels: 1 }, mean: [0.1], std: [0.3] };
    expect(statisticsFor(grey, 3)).toEqual({ mean: [0.1, 0.1, 0.1], std: [0.3, 0.3, 0.3] });
    expect(statisticsFor(grey, null)).toEqual({ mean: [0.1], std: [0.3] });
    expect(statisticsFor(found, 1)).toBeNull();
  });
  test('text that cannot be read stays', () => {
    expect(withChanges('a: [', [['data.dataset', 'x']])).toBe('a: [');
  });
});

describe('fields that mean nothing beside the others', () => {
  const idle = (tree: Record<string, Record<string, unknown>>) => [...idleFields(tree).keys()];
  test('are fields of the recipe', () => {
    const all = idleFields({
      data: { path: '/x', val_share: 0.1 },
      losses: { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 },
      augment: { aa: 'rand-m9', train_crop_mode: 'rrc' },
      optim: { warmup_epochs: 0, sched: 'constant' },
      train: { max_steps: 5 },
    });
    for (const path of all.keys()) expect(allFields()).toContain(path);
    for (const path of [
      'losses.tap',
      'augment.color_jitter',
      'augment.mixup_mode',
      'augment.crop_padding',
      'train.epochs',
    ])
      expect(all.get(path)).toMatch(/\.$/);
  });
  test('open up with what they depend on', () => {
    expect(idle({})).toEqual(expect.arrayContaining(['augment.scale', 'augment.remode', 'augment.mixup_prob']));
    expect(idle({ augment: { train_crop_mode: 'rrc' } })).not.toContain('augment.scale');
    expect(idle({ augment: { reprob: 0.25 } })).not.toContain('augment.remode');
    expect(idle({ augment: { mixup: 0.8 } })).not.toContain('augment.mixup_switch_prob'); // patch mixing is the CutMix
    expect(idle({ augment: { mixup: 0.8 }, losses: { patch_mixing: 0 } })).toContain('augment.mixup_switch_prob');
    expect(idle({ optim: { model_ema: true } })).not.toContain('optim.model_ema_decay');
    expect(idle({ data: { path: '/x' } })).not.toContain('data.kind');
  });
  test('a padded crop that the schema refuses is not closed', () => {
    expect(idle({ augment: { train_crop_mode: 'rrc', crop_padding: 2 } })).not.toContain('augment.crop_padding');
    expect(() => parseRecipe({ augment: { train_crop_mode: 'rrc', crop_padding: 2 } })).toThrow();
  });
});
