// @vitest-environment happy-dom
// A new run: form and text are one recipe, problems stand at their fields, the start goes to the run.
import { flushPromises } from '@vue/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import type { DatasetDescription, DatasetRow } from '../../../contract/app/datasets.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { allFields, parseRecipe } from '../../../contract/recipe.ts';
import NewRunScreen from '../../../renderer/features/new-run/NewRunScreen.vue';
import { readRecipeText } from '../../../renderer/features/new-run/recipe-text.ts';
import { type Answers, mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

const text = '# mine\nname: example\nmodel: { depth: 12 }\n';
const preset = {
  id: 'example',
  title: 'The example',
  about: 'About it.',
  source: 'Touvron et al. 2021',
  result: 'top-1 96 %',
  recipe: parseRecipe({ name: 'example' }),
  text,
};
const estimate = {
  parameters: 605_322,
  flops_per_step: 1.2e10,
  steps: 2500,
  steps_per_epoch: 937,
  memory_bytes: 3e8,
  memory_available: 8e9,
  seconds: 240,
  engine: 'cpu',
  notes: [],
};

let unmount = () => {};
afterEach(() => unmount());
async function open(answers: Answers = {}, at = '/new-run') {
  const table = tableBackend({
    'training.presets': () => [preset],
    'training.estimate': () => estimate,
    'datasets.list': () => [],
    'checkpoints.list': () => [],
    'engines.list': () => [],
    ...answers,
  });
  const mounted = await mountAt(NewRunScreen, { backend: table.backend, at, screen: true });
  unmount = () => mounted.wrapper.unmount();
  const { wrapper } = mounted;
  const field = (path: string) => wrapper.find(`[data-field="${path}"]`);
  const input = (path: string) => field(path).find<HTMLInputElement>('input, select');
  const yaml = () => wrapper.find<HTMLTextAreaElement>('textarea');
  const start = () => wrapper.findAll('button').find((b) => b.text() === 'Start training');
  return { ...mounted, ...table, field, input, yaml, start };
}

test('every field of the recipe is in the form, and each input has a name', async () => {
  const { wrapper } = await open();
  const shown = wrapper.findAll('[data-field]').map((f) => f.attributes('data-field'));
  expect([...shown].sort()).toEqual([...allFields()].sort());
  for (const input of wrapper.findAll('[data-field] .control'))
    expect(wrapper.find(`label[for="${input.attributes('id')}"]`).text()).not.toBe('');
});

test('what the form changes stands in the text, comments kept; what the text says stands in the form', async () => {
  const { input, yaml, field } = await open();
  await input('model.depth').setValue('6');
  await input('model.depth').trigger('blur');
  expect(yaml().element.value).toBe(text.replace('12', '6'));
  await yaml().setValue('model: { depth: 3 }\noptim: { lr: 0.5 }\n');
  expect([input('model.depth').element.value, input('optim.lr').element.value]).toEqual(['3', '0.5']);
  await field('optim.lr').find('.reset').trigger('click');
  expect(yaml().element.value).toBe('model: { depth: 3 }\n');
  expect(field('optim.lr').find('.reset').exists()).toBe(false);
});

test('a problem stands at its field and keeps the training from being started', async () => {
  const { input, field, start, wrapper } = await open();
  expect(start()?.attributes('disabled')).toBeUndefined();
  await input('model.patch_size').setValue('5');
  await flushPromises();
  expect(field('data.img_size').find('.problem').text()).toContain('not divisible by model.patch_size (5)');
  expect(start()?.attributes('disabled')).toBeDefined();
  expect(wrapper.find('#recipe-problems').text()).toContain('1 problem');
  await input('model.patch_size').setValue('7');
  expect(wrapper.findAll('.problem')).toHaveLength(0);
});

test('an unknown field is named with the one that was meant, and its line', async () => {
  const { yaml, wrapper } = await open();
  await yaml().setValue('name: x\nmodel:\n  depht: 3\n');
  expect(wrapper.find('[aria-label="Problems"]').text()).toBe(
    'line 3model.depht: unknown field; did you mean model.depth?',
  );
});

test('text that cannot be read leaves the form as it was, and closed', async () => {
  const { yaml, input, start } = await open();
  await yaml().setValue('model: { depth: [');
  expect(input('model.depth').element.value).toBe('12');
  expect(input('model.depth').element.disabled).toBe(true);
  expect(start()?.attributes('disabled')).toBeDefined();
});

test('Start training sends the recipe with its defaults and goes to the run', async () => {
  const { start, asked, router } = await open({ 'training.start': () => ({ id: '1-example', notes: [] }) });
  await start()?.trigger('click');
  await flushPromises();
  expect(asked.find((a) => a.name === 'training.start')?.args).toEqual({
    recipe: parseRecipe({ name: 'example', model: { depth: 12 } }),
  });
  await vi.waitFor(() => expect(router.currentRoute.value.params.id).toBe('1-example'));
});

test('what the services refuse stands at the field until the text changes', async () => {
  const { start, field, input } = await open({
    'training.start': () => {
      throw new UnsmoothError('DATASET_NOT_FOUND', 'there is no dataset mnist', 'Add it.', [
        { where: 'data.dataset', message: 'there is no dataset mnist' },
      ]);
    },
  });
  await start()?.trigger('click');
  await flushPromises();
  expect(field('data.dataset').find('.problem').text()).toBe('there is no dataset mnist');
  await input('model.depth').setValue('4');
  expect(field('data.dataset').find('.problem').exists()).toBe(false);
});

test('starts from another run, or from a checkpoint', async () => {
  const { yaml, router } = await open(
    {
      'runs.get': () => ({
        row: runRow({ id: '1-a' }),
        run: {} as never,
        notes: null,
        checkpoints: [],
        recipeText: 'name: other\n',
        problems: [],
      }),
    },
    '/new-run?from=1-a&checkpoint=/c/937.safetensors',
  );
  expect(yaml().element.value).toBe('name: other\nmodel:\n  init: /c/937.safetensors\n');
  await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}));
});

const deit: Answers['checkpoints.inspect'] = ({ file, heads }) => ({
  file,
  ...{ container: 'pytorch zip', layout: 'timm vision_transformer', bytes: 1, weight_sets: [], weights: null },
  ...{ tensors: [], parameters: 1, metadata: {}, trained: [], notes: [], problems: [] },
  model: {
    ...{ img_size: 224, patch_size: 16, in_chans: 3, num_classes: 1000 },
    ...{ embed_dim: 384, depth: 12, num_heads: heads ?? 6, mlp_ratio: 4 },
  },
  normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
});
const gentleText =
  'name: gentle\ndata: { img_size: 384 }\nmodel: { init: x.pth, patch_size: 16, embed_dim: 384, num_heads: 6 }\n';
const gentlePreset = {
  ...preset,
  id: 'finetune',
  text: gentleText,
  recipe: parseRecipe({
    data: { img_size: 384 },
    model: { init: 'x.pth', patch_size: 16, embed_dim: 384, num_heads: 6 },
  }),
};

test('a checkpoint from elsewhere opens the preset that fine-tunes such a model; beside the fields stands what it is', async () => {
  const { yaml, wrapper } = await open(
    { 'training.presets': () => [preset, gentlePreset], 'checkpoints.inspect': deit },
    '/new-run?checkpoint=/c/deit.pth',
  );
  const { tree } = readRecipeText(yaml().element.value);
  expect(tree).toMatchObject({
    name: 'gentle',
    data: { img_size: 384, mean: [0.5, 0.5, 0.5] },
    model: { init: '/c/deit.pth', patch_size: 16, embed_dim: 384, num_heads: 6 },
  });
  const beside = wrapper.get('[aria-label="Checkpoint deit.pth"]');
  expect(beside.text()).toContain('width 384, depth 12, patches of 16 px at 224 px, 1000 classes');
  const press = async (text: string) => {
    await beside
      .findAll('button')
      .find((b) => b.text() === text)
      ?.trigger('click');
    await flushPromises();
  };
  await press('512 px');
  await press('lr 5e-6, weight decay 1e-8');
  const after = readRecipeText(yaml().element.value).tree;
  expect(after).toMatchObject({ data: { img_size: 512 }, optim: { lr: 5e-6, weight_decay: 1e-8 } });
});

test('one that no preset is meant for opens the defaults as its model; where they part ways is said and put right', async () => {
  const { yaml, wrapper, input } = await open(
    { 'checkpoints.inspect': deit },
    '/new-run?checkpoint=/c/deit.pth&heads=12',
  );
  const model = () => (readRecipeText(yaml().element.value).tree as { model: Record<string, unknown> }).model;
  expect(model()).toMatchObject({ init: '/c/deit.pth', patch_size: 16, embed_dim: 384, num_heads: 12 });
  expect(readRecipeText(yaml().element.value).tree).toMatchObject({ data: { img_size: 224 }, optim: { lr: 5e-6 } });
  await input('model.depth').setValue('10');
  await flushPromises();
  const beside = wrapper.get('[aria-label="Checkpoint deit.pth"]');
  expect(beside.text()).toContain('model.depth: the checkpoint has 12, the recipe 10');
  await beside
    .findAll('button')
    .find((b) => b.text() === 'Take its model fields')
    ?.trigger('click');
  await flushPromises();
  expect(beside.text()).not.toContain('model.depth');
});

test('a checkpoint that cannot be read is named all the same', async () => {
  const { yaml, wrapper } = await open(
    {
      'checkpoints.inspect': () => {
        throw new UnsmoothError('CHECKPOINT_INVALID', 'it is cut short');
      },
    },
    '/new-run?checkpoint=/c/cut.pth',
  );
  expect(yaml().element.value).toContain('init: /c/cut.pth');
  expect(wrapper.get('[aria-label="Checkpoint cut.pth"]').text()).toContain('It is cut short');
});

test('another preset is asked for before it replaces what was changed', async () => {
  const { input, yaml, wrapper } = await open();
  await input('model.depth').setValue('6');
  await wrapper.find<HTMLSelectElement>('#preset').setValue('defaults');
  await flushPromises();
  expect(yaml().element.value).toContain('depth: 6');
  const replace = [...document.querySelectorAll<HTMLElement>('.v-overlay button')].find(
    (b) => b.textContent?.trim() === 'Replace',
  );
  replace?.click();
  await flushPromises();
  expect(yaml().element.value).toBe('version: 1\nname: run\n');
});

const cats: DatasetRow = {
  name: 'cats',
  origin: 'added',
  state: 'available',
  kind: 'imagefolder',
  path: '/data/cats',
  saved: null,
  shape: { classes: 2, channels: 3, size: null, splits: { train: 90, dev: 10 }, unlabelled: {} },
  changed: false,
  note: '',
};
const described: DatasetDescription = {
  identity: {
    name: 'cats',
    kind: 'imagefolder',
    path: '/data/cats',
    fingerprint: 'f',
    classes: 2,
    channels: 3,
    train: 90,
    val: 0,
  },
  splits: [
    { name: 'train', images: 90, perClass: [45, 45], unlabelled: 0 },
    { name: 'dev', images: 10, perClass: [5, 5], unlabelled: 0 },
  ],
  classNames: ['cat', 'dog'],
  sizes: { min: [64, 64], max: [64, 64] },
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.2, 0.2],
  measured: 90,
  checked: { decoded: 100, heads: 0 },
  notes: [],
  problems: [],
  problemCount: 0,
};

test('the chosen dataset says what it is, offers its splits, and gives its mean and std when asked', async () => {
  const { yaml, input, wrapper, asked } = await open({
    'datasets.list': () => [cats],
    'datasets.describe': () => described,
  });
  await yaml().setValue('data: { dataset: cats }\n');
  expect(wrapper.get('[aria-label="Dataset cats"]').text()).toContain(
    '2 classes, colour, images of several sizes; train 90, dev 10',
  );
  await input('data.val_split').setValue('dev (10 images)');
  expect(yaml().element.value).toContain('val_split: dev');
  const take = () => wrapper.findAll('button').find((b) => b.text() === "Use the dataset's mean and std");
  await take()?.trigger('click');
  await flushPromises();
  expect(parseRecipe(parse(yaml().element.value)).data.mean).toEqual([0.5, 0.4, 0.3]);
  expect(take()?.attributes('disabled')).toBeDefined();
  expect(asked.filter((a) => a.name === 'datasets.describe')).toHaveLength(1);
});

test('Train on it opens the recipe fitted to the dataset', async () => {
  const { yaml, router, wrapper } = await open(
    { 'datasets.list': () => [cats], 'datasets.describe': () => described },
    '/new-run?dataset=cats',
  );
  const { data, model } = parseRecipe(parse(yaml().element.value));
  expect(data).toMatchObject({ dataset: 'cats', val_split: 'dev', img_size: 64, mean: [0.5, 0.4, 0.3] });
  expect(model.patch_size).toBe(8);
  expect(wrapper.findAll('.problem')).toHaveLength(0);
  await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({}));
});

test('a field that does not apply is closed and says why, and opens with what it depends on', async () => {
  const { input, field, yaml, wrapper } = await open();
  expect(input('augment.remode').attributes('disabled')).toBeDefined();
  expect(field('augment.remode').text()).toContain('Random erasing is off');
  await input('augment.reprob').setValue('0.25');
  expect(input('augment.remode').attributes('disabled')).toBeUndefined();
  await field('augment.aa').get('input[type=checkbox]').setValue(true);
  expect(yaml().element.value).toContain('rand-m9-mstd0.5-inc1');
  expect(field('augment.color_jitter').get('input').attributes('disabled')).toBeDefined();
  await field('augment.aa').get('input[type=checkbox]').setValue(false);
  expect(parseRecipe(parse(yaml().element.value)).augment.aa).toBeNull();
  expect(wrapper.get('.origin').text()).toContain('Touvron et al. 2021');
});
