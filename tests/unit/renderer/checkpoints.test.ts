// @vitest-environment happy-dom
// Checkpoints: what the table shows and in which order, what a measurement asks for, how a diagnosis becomes a table, what the screen does.
import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CheckpointRow, Diagnosis } from '../../../contract/app/checkpoints.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import CheckpointsScreen from '../../../renderer/features/checkpoints/CheckpointsScreen.vue';
import {
  columnsFor,
  filterCheckpoints,
  runsOf,
  sortableColumns,
  sortCheckpoints,
} from '../../../renderer/features/checkpoints/checkpoint-table.ts';
import { type Contents, countText } from '../../../renderer/features/checkpoints/checkpoint-words.ts';
import { diagnosisTable, floorOf, tokenSize } from '../../../renderer/features/checkpoints/diagnosis.ts';
import { argsOf, datasetItems, problemsOf, startingForm } from '../../../renderer/features/checkpoints/measure-form.ts';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { mountAt, tableBackend } from './mount.ts';
import { checkpointRow, importRow } from './rows.ts';

const row = checkpointRow;
const contents: Contents = {
  file: '',
  container: 'pytorch zip',
  layout: 'timm vision_transformer',
  bytes: 10,
  weight_sets: [],
  weights: null,
  tensors: [{ name: 'norm.bias', shape: [64], dtype: 'F32' }],
  parameters: 64,
  model: null,
  normalisation: null,
  metadata: {},
  trained: [],
  notes: [],
  problems: [],
};

describe('table', () => {
  const rows = [
    row({ step: 937, top1: 93 }),
    row({ step: 2500, best: true }),
    row({ step: 100, run: 'b', runName: 'plain', top1: null }),
  ];
  const none = { search: '', origin: { kind: 'all' as const }, bestOnly: false };
  const steps = (list: CheckpointRow[]) => list.map((r) => r.step ?? r.name);
  test('finds by every word, by run, the best only', () => {
    expect(steps(filterCheckpoints(rows, none))).toEqual([937, 2500, 100]);
    expect(steps(filterCheckpoints(rows, { ...none, search: 'EXAMPLE 25' }))).toEqual([2500]);
    expect(steps(filterCheckpoints(rows, { ...none, search: 'example plain' }))).toEqual([]);
    expect(steps(filterCheckpoints(rows, { ...none, origin: { kind: 'run', run: 'b' } }))).toEqual([100]);
    expect(steps(filterCheckpoints(rows, { ...none, bestOnly: true }))).toEqual([2500]);
  });
  test('imports stand among them, are found by their layout, and have no best', () => {
    const all = [...rows, importRow()];
    expect(steps(filterCheckpoints(all, { ...none, origin: { kind: 'imports' } }))).toEqual(['deit_small']);
    expect(steps(filterCheckpoints(all, { ...none, search: 'deit vision_transformer' }))).toEqual(['deit_small']);
    expect(steps(filterCheckpoints(all, { ...none, bestOnly: true }))).toEqual([2500, 'deit_small']);
    expect(steps(sortCheckpoints(all, { key: 'parameters', order: 'desc' }))[0]).toBe('deit_small');
    expect(steps(sortCheckpoints(all, { key: 'step', order: 'desc' })).at(-1)).toBe('deit_small');
  });
  test('with little room only the columns that tell them apart', () => {
    expect(columnsFor(400)).toEqual(['name', 'step', 'top1', 'last_layer_similarity']);
    expect(columnsFor(2000)).toEqual([...sortableColumns]);
  });
  test('what was not measured stands last in either order', () => {
    expect(steps(sortCheckpoints(rows, { key: 'top1', order: 'asc' }))).toEqual([937, 2500, 100]);
    expect(steps(sortCheckpoints(rows, { key: 'top1', order: 'desc' }))).toEqual([2500, 937, 100]);
    expect(steps(sortCheckpoints(rows, undefined))).toEqual([937, 2500, 100]);
  });
  test('names with numbers are sorted as numbers', () => {
    const named = ['run 10', 'run 9'].map((runName, i) => row({ step: i, runName }));
    expect(steps(sortCheckpoints(named, { key: 'name', order: 'asc' }))).toEqual([1, 0]);
  });
  test('runs of one name are told apart', () => {
    const twins = [row({ step: 1, run: '20261125-030514-x' }), row({ step: 1, run: '20261126-030514-x' })];
    expect(runsOf(twins).map((r) => r.title)).toEqual(['example (20261125-030514)', 'example (20261126-030514)']);
    expect(runsOf(rows)).toEqual([
      { value: 'a', title: 'example' },
      { value: 'b', title: 'plain' },
    ]);
  });
});

describe('measurement', () => {
  test('a form as it starts is right, and asks for what it shows', () => {
    expect(problemsOf('diagnose', startingForm('diagnose', 'mnist'))).toEqual({});
    const asItSays = { weights: null, heads: null, mean: null, std: null };
    const mnist = { dataset: 'mnist', split: null, ...asItSays };
    expect(argsOf(startingForm('diagnose', 'mnist'))).toEqual({ ...mnist, images: 256 });
    expect(argsOf({ ...startingForm('evaluate', ' mnist '), split: ' ' })).toEqual({ ...mnist, images: null });
  });
  test('what a file does not say starts as is usual for its layout, and goes along', () => {
    const start = (more: Partial<Contents>) =>
      startingForm('diagnose', 'mnist', { contents: { ...contents, ...more }, weights: 'model_ema', heads: 6 });
    expect(start({ normalisation: { mean: [0.1], std: [0.2] } }).normalise).toBe('file');
    expect(start({ layout: 'Google ViT (JAX)' }).normalise).toBe('half');
    expect(start({ model: { in_chans: 1 } }).normalise).toBe('dataset');
    const form = start({});
    expect(form).toMatchObject({ normalise: 'imagenet', weights: 'model_ema', heads: 6 });
    expect(argsOf(form)).toMatchObject({ weights: 'model_ema', heads: 6, mean: [0.485, 0.456, 0.406] });
    const statistics = { mean: [0.13], std: [0.31] };
    expect(argsOf({ ...form, normalise: 'dataset' }, statistics)).toMatchObject(statistics);
  });
  test('heads are asked for where they cannot be told, and must divide the width', () => {
    const silent = { ...contents, problems: ['the number of heads is not in the file and cannot be inferred'] };
    const form = startingForm('diagnose', 'mnist');
    expect(problemsOf('diagnose', form, silent).heads).toBe('The file does not say; give their number.');
    expect(problemsOf('diagnose', { ...form, heads: 4 }, silent)).toEqual({});
    const said = { ...contents, model: { embed_dim: 384, num_heads: 6 } };
    expect(problemsOf('diagnose', form, said)).toEqual({});
    expect(problemsOf('diagnose', { ...form, heads: 5 }, said).heads).toContain('384');
  });
  test('parameters as people compare them', () => {
    expect([5445, 603_914, 22_050_664, 1_013_000_000].map(countText)).toEqual(['5,445', '604 k', '22.1 M', '1.01 B']);
  });
  test('no dataset, no images, no metric are refused at their fields', () => {
    const form = { ...startingForm('diagnose', null), images: 0, metrics: [] };
    expect(Object.keys(problemsOf('diagnose', form)).sort()).toEqual(['dataset', 'images', 'metrics']);
    expect(Object.keys(problemsOf('evaluate', form)).sort()).toEqual(['dataset', 'images']);
    expect(problemsOf('evaluate', { ...form, images: 2.5 }).images).toBeDefined();
  });
  test('a dataset that is not there cannot be chosen, and says why', () => {
    const base = { origin: 'added' as const, kind: 'idx', path: '/x', saved: null, shape: null, changed: false };
    const [there, gone] = datasetItems([
      { ...base, name: 'a', state: 'available', note: '' },
      { ...base, name: 'b', state: 'missing', note: 'the disk is not there' },
    ]);
    expect(there?.props.disabled).toBe(false);
    expect(gone?.props).toEqual({ disabled: true, subtitle: 'missing: the disk is not there' });
  });
});

const diagnosis = (metrics: Diagnosis['metrics']): Diagnosis => ({
  definition: 'patch tokens of every layer',
  tap: 'norm',
  tokens: 'patches',
  images: 256,
  split: 'test',
  dataset: { name: 'mnist', kind: 'idx', path: '/m', fingerprint: 'f', classes: 10, channels: 1, train: 1, val: 1 },
  engine: { name: 'cpu', form: 'xla', version: '2.21.0', device: 'cpu' },
  metrics,
  at: '2026-11-25T03:40:00Z',
  weights: null,
  heads: null,
  mean: null,
  std: null,
});

test('a diagnosis as a table: layers from 0, saved numbers read, floors of random tokens', () => {
  const size = tokenSize({ embed_dim: 64, img_size: 28, patch_size: 7 });
  expect(size).toEqual({ width: 64, patches: 16 });
  const table = diagnosisTable(diagnosis({ cos_abs: [0.3, 'NaN'], hfc: [1, 0.5] }), size);
  expect(table.metrics).toEqual(['cos_abs', 'hfc']);
  expect(table.layers).toEqual([
    { layer: 0, values: [0.3, 1] },
    { layer: 1, values: [Number.NaN, 0.5] },
  ]);
  expect(table.floors[0]).toBeCloseTo(Math.sqrt(2 / (Math.PI * 64)), 12);
  expect(table.floors[1]).toBe(15 / 16);
  expect(floorOf('cos_abs', tokenSize({ embed_dim: 64 }))).toBeNull();
});

describe('screen', () => {
  beforeAll(() => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  afterEach(() => {
    document.body.replaceChildren();
    vi.useRealTimers();
  });
  const button = (name: string) =>
    [...document.querySelectorAll('button')].find(
      (b) => (b.getAttribute('aria-label') ?? b.textContent?.trim()) === name,
    );
  test('opens one, deletes it, and undoes that', async () => {
    let rows = [row({ step: 937 }), row({ step: 2500 })];
    const all = rows;
    const { backend, asked, names } = tableBackend({
      'checkpoints.list': () => rows,
      'checkpoints.inspect': ({ file }) => ({ ...contents, file }),
      'checkpoints.remove': ({ files }) => {
        rows = rows.filter((r) => !files.includes(r.file));
        return { token: 't1', undoMs: 8000 };
      },
      'removed.undo': () => {
        rows = all;
        return null;
      },
    });
    const file = all[1]?.file ?? '';
    const { wrapper, router } = await mountAt(CheckpointsScreen, {
      backend,
      at: `/checkpoints?file=${encodeURIComponent(file)}`,
    });
    expect(wrapper.get('aside').attributes('aria-label')).toBe('example, step 2,500');
    expect(asked.find((a) => a.name === 'checkpoints.inspect')?.args).toMatchObject({ file });
    await wrapper
      .get('aside')
      .findAll('button')
      .find((b) => b.text() === 'Delete')
      ?.trigger('click');
    await flushPromises();
    expect(asked.find((a) => a.name === 'checkpoints.remove')?.args).toEqual({ files: [file] });
    expect(wrapper.find('aside').exists()).toBe(false);
    await vi.waitFor(() => expect(router.currentRoute.value.query.file).toBeUndefined());
    const notice = useNotices().list.at(-1);
    expect(notice?.action?.title).toBe('Undo');
    await notice?.action?.run();
    expect(names()).toContain('removed.undo');
    wrapper.unmount();
  });

  test('a refusal is a notice, and the list stays', async () => {
    const { backend } = tableBackend({
      'checkpoints.list': () => [row({ step: 937 })],
      'checkpoints.inspect': ({ file }) => ({ ...contents, file }),
      'checkpoints.remove': () => {
        throw new UnsmoothError('RUN_ALIVE', 'its run trains', 'Stop it first.');
      },
    });
    const { wrapper } = await mountAt(CheckpointsScreen, {
      backend,
      at: `/checkpoints?file=${encodeURIComponent(row({ step: 937 }).file)}`,
    });
    await wrapper
      .get('aside')
      .findAll('button')
      .find((b) => b.text() === 'Delete')
      ?.trigger('click');
    await flushPromises();
    expect(useNotices().list.map((n) => n.code)).toContain('RUN_ALIVE');
    expect(wrapper.find('aside').exists()).toBe(true);
    wrapper.unmount();
  });

  test('none yet, and a list that cannot be read', async () => {
    const none = await mountAt(CheckpointsScreen, { backend: tableBackend({ 'checkpoints.list': () => [] }).backend });
    expect(none.wrapper.text()).toContain('No checkpoints yet');
    none.wrapper.unmount();
    let broken = true;
    const { backend } = tableBackend({
      'checkpoints.list': () => {
        if (broken) throw new UnsmoothError('FILE_IO', 'permission denied');
        return [row({ step: 937 })];
      },
    });
    const failing = await mountAt(CheckpointsScreen, { backend });
    expect(failing.wrapper.get('[role=alert]').text()).toContain('Permission denied.');
    broken = false;
    button('Try again')?.click();
    await flushPromises();
    expect(failing.wrapper.text()).toContain('1 of 1');
    failing.wrapper.unmount();
  });

  test('runs that change bring the list anew, once for many', async () => {
    vi.useFakeTimers();
    const { backend, emit, names } = tableBackend({ 'checkpoints.list': () => [row({ step: 937 })] });
    const mounted = mountAt(CheckpointsScreen, { backend });
    await vi.advanceTimersByTimeAsync(100);
    const { wrapper } = await mounted;
    for (let i = 0; i < 5; i++) emit('runs', { changed: [], removed: [] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(names().filter((n) => n === 'checkpoints.list')).toHaveLength(2);
    wrapper.unmount();
  });

  const click = async (name: string) => {
    const found = button(name) ?? [...document.querySelectorAll('.v-list-item')].find((i) => i.textContent === name);
    if (!(found instanceof HTMLElement)) throw new Error(`there is no ${name}`);
    found.click();
    await flushPromises();
  };
  const at = (file: string) => `/checkpoints?file=${encodeURIComponent(file)}`;

  test('a file that is dropped is read, listed and opened; one that cannot be read says why, and can be tried again', async () => {
    let refusing = true;
    let rows: CheckpointRow[] = [];
    const { backend, asked } = tableBackend({
      'checkpoints.list': () => rows,
      'checkpoints.inspect': ({ file }) => ({ ...contents, file }),
      'checkpoints.import': () => {
        if (refusing) throw new UnsmoothError('CHECKPOINT_INVALID', 'it is a tar archive', 'Unpack it.');
        rows = [importRow()];
        return importRow();
      },
    });
    const { wrapper } = await mountAt(CheckpointsScreen, { backend, at: '/checkpoints' });
    const dropped = new File(['x'], 'deit_small.pth');
    const event = new Event('drop', { bubbles: true, cancelable: true });
    Object.assign(event, { dataTransfer: { types: ['Files'], files: [dropped] } });
    wrapper.get('.drop').element.dispatchEvent(event);
    await flushPromises();
    expect(asked.find((a) => a.name === 'checkpoints.import')?.args).toMatchObject({ path: '/dropped/deit_small.pth' });
    expect(wrapper.get('[role=alert]').text()).toContain('It is a tar archive');
    refusing = false;
    await click('Try again');
    await vi.waitFor(() => expect(wrapper.find('aside').attributes('aria-label')).toBe('deit_small'));
    expect(wrapper.find('.adding').exists()).toBe(false);
    wrapper.unmount();
  });

  test('an import is read as its other weights, forgotten, and brought back as it was', async () => {
    let now = importRow();
    let rows: CheckpointRow[] = [now];
    const { backend, asked } = tableBackend({
      'checkpoints.list': () => rows,
      'checkpoints.inspect': ({ file, weights }) => ({
        ...contents,
        ...{ file, weight_sets: ['model', 'model_ema'], weights: weights ?? 'model' },
        problems: ['the classification head is all zeros'],
      }),
      'checkpoints.import': ({ weights }) => {
        now = importRow({ saved: { ...now.saved!, weights: weights ?? null, checked: '2026-11-25T05:00:00.000Z' } });
        rows = [now];
        return now;
      },
      'checkpoints.forget': () => {
        rows = [];
        return null;
      },
      'datasets.list': () => [],
    });
    const { wrapper } = await mountAt(CheckpointsScreen, { backend, at: at(now.file) });
    expect(wrapper.get('aside').get('[role=alert]').text()).toContain('all zeros');
    await wrapper.get('#weight-set').setValue('model_ema');
    await flushPromises();
    expect(asked.filter((a) => a.name === 'checkpoints.inspect').at(-1)?.args).toMatchObject({ weights: 'model_ema' });
    await click('Evaluate');
    await flushPromises();
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('all zeros');
    await click('Cancel');
    await click('Remove');
    expect(asked.find((a) => a.name === 'checkpoints.forget')?.args).toEqual({ files: [now.file] });
    await useNotices().list.at(-1)?.action?.run();
    const brought = asked.filter((a) => a.name === 'checkpoints.import').at(-1);
    expect(brought?.args).toMatchObject({ path: now.file, name: 'deit_small', weights: 'model_ema' });
    expect(rows).toHaveLength(1);
    wrapper.unmount();
  });

  test('one that was moved says so at its row and in full; nothing is asked of it', async () => {
    const note = '/weights/deit_small.pth is not there any more: it was moved or removed.';
    const { backend, names } = tableBackend({
      'checkpoints.list': () => [importRow({ state: 'missing', note })],
    });
    const { wrapper } = await mountAt(CheckpointsScreen, { backend, at: at('/weights/deit_small.pth') });
    expect(wrapper.get('aside').get('[role=alert]').text()).toBe(note);
    expect(names()).not.toContain('checkpoints.inspect');
    for (const name of ['Diagnose', 'Evaluate', 'Fine-tune from', 'Convert…', 'Export…', 'Open folder'])
      expect(button(name)?.hasAttribute('disabled'), name).toBe(true);
    expect(button('Remove')?.hasAttribute('disabled')).toBe(false);
    wrapper.unmount();
  });

  test('one that changed is read anew', async () => {
    let state: 'changed' | 'available' = 'changed';
    const { backend, asked } = tableBackend({
      'checkpoints.list': () => [importRow({ state, note: state === 'changed' ? 'The file has changed.' : '' })],
      'checkpoints.inspect': ({ file }) => ({ ...contents, file }),
      'checkpoints.import': () => {
        state = 'available';
        return importRow();
      },
    });
    const { wrapper } = await mountAt(CheckpointsScreen, { backend, at: at('/weights/deit_small.pth') });
    await click('Read anew');
    await flushPromises();
    expect(asked.find((a) => a.name === 'checkpoints.import')?.args).toMatchObject({ weights: null, heads: null });
    expect(wrapper.text()).not.toContain('The file has changed.');
    wrapper.unmount();
  });

  test('converted and exported where the system’s dialog says; the other weights are fine-tuned from a file of their own', async () => {
    const ema = importRow();
    const row = importRow({ saved: { ...ema.saved!, weights: 'model_ema', heads: 6 } });
    const made = { layout: '', bytes: 1, parameters: 1, model: {}, notes: [], problems: [] };
    const { backend, asked } = tableBackend({
      'checkpoints.list': () => [row],
      'checkpoints.inspect': ({ file }) => ({ ...contents, file, weight_sets: ['model', 'model_ema'] }),
      'checkpoints.convert': ({ file }) => ({ ...made, file, out: '/out/ema.safetensors' }),
      'checkpoints.export': ({ target }) => ({ target, out: '/out/x.onnx', files: [], load: '', notes: ['a note'] }),
    });
    const { wrapper, router } = await mountAt(CheckpointsScreen, { backend, at: at(row.file) });
    await click('Export…');
    await click('Choose where…');
    const model = { file: row.file, weights: 'model_ema', heads: 6 };
    expect(asked.find((a) => a.name === 'checkpoints.export')?.args).toMatchObject({ ...model, target: 'timm' });
    expect(useNotices().list.at(-1)?.text).toContain('x.onnx: a note');
    await click('Fine-tune from');
    await flushPromises();
    expect(asked.find((a) => a.name === 'checkpoints.convert')?.args).toMatchObject(model);
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('new-run'));
    expect(router.currentRoute.value.query).toEqual({ checkpoint: '/out/ema.safetensors' });
    wrapper.unmount();
  });
});
