// @vitest-environment happy-dom
// Checkpoints: what the table shows and in which order, what a measurement asks for, how a diagnosis becomes a table, what the screen does.
import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CheckpointRow, Diagnosis } from '../../../contract/app/checkpoints.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import CheckpointsScreen from '../../../renderer/features/checkpoints/CheckpointsScreen.vue';
import { filterCheckpoints, runsOf, sortCheckpoints } from '../../../renderer/features/checkpoints/checkpoint-table.ts';
import { diagnosisTable, floorOf, tokenSize } from '../../../renderer/features/checkpoints/diagnosis.ts';
import { argsOf, datasetItems, problemsOf, startingForm } from '../../../renderer/features/checkpoints/measure-form.ts';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { mountAt, tableBackend } from './mount.ts';

const row = (more: Partial<CheckpointRow> & { step: number }): CheckpointRow => ({
  file: `/library/runs/${more.run ?? 'a'}/checkpoints/${more.step}.safetensors`,
  run: 'a',
  runName: 'example',
  epoch: more.step / 937,
  bytes: 7_300_088,
  created: '2026-11-25T03:09:00.000Z',
  top1: 96.4,
  last_layer_similarity: 0.114,
  best: false,
  results: { evaluations: [], diagnoses: [] },
  ...more,
});

describe('table', () => {
  const rows = [
    row({ step: 937, top1: 93 }),
    row({ step: 2500, best: true }),
    row({ step: 100, run: 'b', runName: 'plain', top1: null }),
  ];
  const none = { search: '', run: null, bestOnly: false };
  const steps = (list: CheckpointRow[]) => list.map((r) => r.step);
  test('finds by every word, by run, the best only', () => {
    expect(steps(filterCheckpoints(rows, none))).toEqual([937, 2500, 100]);
    expect(steps(filterCheckpoints(rows, { ...none, search: 'EXAMPLE 25' }))).toEqual([2500]);
    expect(steps(filterCheckpoints(rows, { ...none, search: 'example plain' }))).toEqual([]);
    expect(steps(filterCheckpoints(rows, { ...none, run: 'b' }))).toEqual([100]);
    expect(steps(filterCheckpoints(rows, { ...none, bestOnly: true }))).toEqual([2500]);
  });
  test('what was not measured stands last in either order', () => {
    expect(steps(sortCheckpoints(rows, { key: 'top1', order: 'asc' }))).toEqual([937, 2500, 100]);
    expect(steps(sortCheckpoints(rows, { key: 'top1', order: 'desc' }))).toEqual([2500, 937, 100]);
    expect(steps(sortCheckpoints(rows, undefined))).toEqual([937, 2500, 100]);
  });
  test('names with numbers are sorted as numbers', () => {
    const named = ['run 10', 'run 9'].map((runName, i) => row({ step: i, runName }));
    expect(steps(sortCheckpoints(named, { key: 'runName', order: 'asc' }))).toEqual([1, 0]);
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
    expect(argsOf(startingForm('diagnose', 'mnist'))).toEqual({ dataset: 'mnist', split: null, images: 256 });
    expect(argsOf({ ...startingForm('evaluate', ' mnist '), split: ' ' })).toEqual({
      dataset: 'mnist',
      split: null,
      images: null,
    });
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
  const contents = {
    file: '',
    layout: 'timm vision_transformer',
    bytes: 10,
    tensors: [{ name: 'norm.bias', shape: [64], dtype: 'F32' }],
    parameters: 64,
    model: null,
    metadata: {},
    problems: [],
  };

  test('opens one, deletes it, and undoes that', async () => {
    let rows = [row({ step: 937 }), row({ step: 2500 })];
    const all = rows;
    const { backend, asked, names } = tableBackend({
      'checkpoints.list': () => rows,
      'checkpoints.inspect': () => contents,
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
      'checkpoints.inspect': () => contents,
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
});
