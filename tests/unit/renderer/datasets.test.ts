// @vitest-environment happy-dom
// Datasets: which thumbnails are in view and fetched, how uneven classes are, what a name may be, what the screen does.
import { flushPromises } from '@vue/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import { effectScope } from 'vue';
import type { DatasetRow, Thumbnails } from '../../../contract/app/datasets.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { classBalance, recipeLines, unevenness } from '../../../renderer/features/datasets/class-balance.ts';
import DatasetsScreen from '../../../renderer/features/datasets/DatasetsScreen.vue';
import { folderName, nameProblem } from '../../../renderer/features/datasets/dataset-words.ts';
import { pagedThumbnails } from '../../../renderer/features/datasets/paged-thumbnails.ts';
import {
  gridOf,
  PageStore,
  pageSize,
  pagesOf,
  thumbnailOf,
} from '../../../renderer/features/datasets/thumbnail-pages.ts';
import { mountAt, tableBackend } from './mount.ts';

const page = (labels: number[], channels = 1): Thumbnails => ({
  width: 2,
  height: 1,
  channels,
  total: 1000,
  labels,
  pixels: Uint8Array.from({ length: labels.length * 2 * channels }, (_, i) => i),
});

describe('thumbnails', () => {
  const cell = { width: 64, height: 80 };
  test('only rows in view, and two beyond either end', () => {
    expect(gridOf(1000, cell, 640, 400, 0)).toEqual({ columns: 10, from: 0, to: 70, above: 0, height: 8000 });
    expect(gridOf(1000, cell, 640, 400, 4000)).toEqual({ columns: 10, from: 480, to: 570, above: 3840, height: 8000 });
  });
  test('the last row ends with the last image', () => {
    expect(gridOf(995, cell, 640, 400, 7600)).toMatchObject({ from: 930, to: 995, height: 8000 });
  });
  test('nothing to show, no room, scrolled past the end', () => {
    expect(gridOf(0, cell, 640, 400, 0)).toMatchObject({ from: 0, to: 0, height: 0 });
    expect(gridOf(10, cell, 0, 0, 0).columns).toBe(1);
    const past = gridOf(30, cell, 640, 400, 90_000);
    expect(past.from).toBeLessThanOrEqual(past.to);
    expect(past.to).toBe(30);
  });
  test('pages that hold a stretch of images', () => {
    expect(pagesOf(0, 1)).toEqual([0]);
    expect(pagesOf(99, 101)).toEqual([0, 1]);
    expect(pagesOf(200, 300)).toEqual([2]);
    expect(pagesOf(5, 5)).toEqual([]);
  });
  test('grey and coloured pixels become RGBA', () => {
    expect(thumbnailOf(page([7, 3]), 1)).toEqual({
      label: 3,
      pixels: Uint8ClampedArray.of(2, 2, 2, 255, 3, 3, 3, 255),
    });
    expect(thumbnailOf(page([1], 3), 0)?.pixels).toEqual(Uint8ClampedArray.of(0, 1, 2, 255, 3, 4, 5, 255));
    expect(thumbnailOf(page([1]), 1)).toBeUndefined();
  });
  test('the page that was looked at longest ago goes first', () => {
    const store = new PageStore();
    for (let i = 0; i < 40; i++) store.put(i, page([i]));
    store.get(0);
    store.put(40, page([40]));
    expect(store.has(0)).toBe(true);
    expect(store.has(1)).toBe(false);
    expect(store.has(40)).toBe(true);
  });
  test('one page at a time, those that went out of view left, a failure stops until it is tried again', async () => {
    let fail = false;
    let release: (() => void)[] = [];
    const { backend, asked } = tableBackend({
      'datasets.thumbnails': () =>
        new Promise<Thumbnails>((resolve, reject) => {
          release.push(() => (fail ? reject(new UnsmoothError('FILE_IO', 'torn')) : resolve(page([1]))));
        }),
    });
    const froms = () => asked.map((a) => (a.args as { from: number }).from);
    const answer = async () => {
      const now = release;
      release = [];
      for (const r of now) r();
      await flushPromises();
    };
    const scope = effectScope();
    const images = scope.run(() => pagedThumbnails(backend, 'mnist', 'train'));
    if (!images) throw new Error('no scope');
    images.show(0, 250);
    images.show(900, 1000);
    expect(froms()).toEqual([0]);
    await answer();
    expect(froms()).toEqual([0, 900]);
    fail = true;
    await answer();
    expect(images.failure.value?.code).toBe('FILE_IO');
    images.show(300, 400);
    expect(froms()).toEqual([0, 900]);
    fail = false;
    images.retry();
    expect(froms()).toEqual([0, 900, 300]);
    scope.stop();
    await answer();
    expect(froms()).toHaveLength(3);
    expect(asked[0]?.args).toMatchObject({ name: 'mnist', split: 'train', count: pageSize });
  });
});

describe('class balance', () => {
  const splits = [
    { name: 'train', images: 6, perClass: [4, 2], unlabelled: 0 },
    { name: 'test', images: 2, perClass: [1, 1, 0], unlabelled: 0 },
  ];
  test('a row for every class of any split, shares of each split', () => {
    const balance = classBalance(splits);
    expect(balance.classes.map((c) => c.counts)).toEqual([
      [4, 1],
      [2, 1],
      [0, 0],
    ]);
    expect(balance.classes[0]?.shares).toEqual([4 / 6, 0.5]);
    expect(balance.largest).toBe(4 / 6);
    expect(classBalance([{ name: 'x', images: 0, perClass: [0], unlabelled: 0 }]).largest).toBe(1);
  });
  test('how uneven, in words', () => {
    expect(unevenness([4, 2])).toBe('largest class over smallest 2.00');
    expect(unevenness([1, 1, 0])).toBe('1 of 3 classes have no image');
    expect(unevenness([5])).toBe('');
  });
  test('mean and std as lines of a recipe', () => {
    expect(recipeLines([0.13066], [0.3081])).toBe('  mean: [0.1307]\n  std: [0.3081]\n');
  });
});

test('names', () => {
  expect(folderName('/data/digits/')).toBe('digits');
  expect(folderName('C:\\data\\digits')).toBe('digits');
  expect(nameProblem('digits', ['mnist'])).toBe('');
  for (const bad of [' ', 'mnist', 'a/b', 'x'.repeat(81)]) expect(nameProblem(bad, ['mnist'])).not.toBe('');
});

describe('screen', () => {
  afterEach(() => document.body.replaceChildren());
  const dataset = (name: string, more: Partial<DatasetRow> = {}): DatasetRow => ({
    name,
    origin: 'built-in',
    state: 'available',
    kind: 'idx',
    path: `/data/${name}`,
    saved: null,
    note: '',
    ...more,
  });
  const description = {
    identity: {
      name: 'x',
      kind: 'idx' as const,
      path: '/x',
      fingerprint: 'abc',
      classes: 2,
      channels: 1,
      train: 6,
      val: 2,
    },
    splits: [{ name: 'train', images: 6, perClass: [4, 2], unlabelled: 0 }],
    classNames: null,
    sizes: { min: [28, 28] as [number, number], max: [28, 28] as [number, number] },
    mean: [0.13],
    std: [0.3],
    measured: 6,
    checked: { decoded: 6, heads: 0 },
    notes: [],
    problems: [{ where: '/data/mnist/notes.txt', message: 'not an IDX file' }],
    problemCount: 1,
  };
  const bodyButton = (name: string) =>
    [...document.querySelectorAll('button')]
      .filter((b) => (b.getAttribute('aria-label') ?? b.textContent?.trim()) === name)
      .at(-1);

  test('adds a folder under a name and shows it', async () => {
    const rows = [dataset('mnist')];
    const { backend, asked } = tableBackend({
      'datasets.list': () => [...rows],
      'datasets.describe': () => description,
      'datasets.thumbnails': () => page([1]),
      'app.chooseFolder': () => '/home/ada/digits',
      'datasets.add': ({ path, name }) => {
        const row = dataset(name ?? 'x', { origin: 'added', path });
        rows.push(row);
        return row;
      },
    });
    const { wrapper, router } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    expect(wrapper.text()).toContain('/data/mnist/notes.txt: not an IDX file');
    bodyButton('Add a folder')?.click();
    await flushPromises();
    bodyButton('Add')?.click();
    await flushPromises();
    expect(asked.some((a) => a.name === 'datasets.add')).toBe(false);
    expect(document.body.textContent).toContain('Choose a folder.');
    bodyButton('Choose…')?.click();
    await flushPromises();
    document.querySelector<HTMLFormElement>('#add-dataset')?.requestSubmit();
    await flushPromises();
    expect(asked.find((a) => a.name === 'datasets.add')?.args).toMatchObject({
      path: '/home/ada/digits',
      name: 'digits',
    });
    await expect.poll(() => router.currentRoute.value.query.name).toBe('digits');
    expect(wrapper.text()).toContain('Remove');
    wrapper.unmount();
  });

  test('a folder that is refused stays on the screen with its problems; a missing one says how to get it', async () => {
    const { backend } = tableBackend({
      'datasets.list': () => [dataset('scans', { state: 'missing', note: 'apt-get install dataset-scans' })],
      'datasets.add': () => {
        throw new UnsmoothError('DATASET_INVALID', 'no IDX files there', '', [
          { where: '/x/a.txt', message: 'not an IDX file' },
        ]);
      },
      'app.chooseFolder': () => '/x',
    });
    const { wrapper } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    expect(wrapper.text()).toContain('apt-get install dataset-scans');
    bodyButton('Add a folder')?.click();
    await flushPromises();
    bodyButton('Choose…')?.click();
    await flushPromises();
    document.querySelector<HTMLFormElement>('#add-dataset')?.requestSubmit();
    await flushPromises();
    expect(wrapper.get('[role=alert]').text()).toContain('/x/a.txt');
    wrapper.unmount();
  });
});
