// @vitest-environment happy-dom
// A new run: form and text are one recipe, problems stand at their fields, the start goes to the run.
import { flushPromises } from '@vue/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import { UnsmoothError } from '../../../contract/errors.ts';
import { allFields, parseRecipe } from '../../../contract/recipe.ts';
import NewRunScreen from '../../../renderer/features/new-run/NewRunScreen.vue';
import { type Answers, mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

const text = '# mine\nname: example\nmodel: { depth: 12 }\n';
const preset = {
  id: 'example',
  title: 'The example',
  about: 'About it.',
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
