// @vitest-environment happy-dom
// Datasets: which thumbnails are in view and fetched, how uneven classes are, what a name may be, what the screen does.
import { flushPromises } from '@vue/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import { effectScope } from 'vue';
import type { DatasetDescription, DatasetRow, Thumbnails } from '../../../contract/app/datasets.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { classBalance, recipeLines, unevenness } from '../../../renderer/features/datasets/class-balance.ts';
import DatasetsScreen from '../../../renderer/features/datasets/DatasetsScreen.vue';
import {
  checkedText,
  folderName,
  nameProblem,
  problemsText,
  proposedName,
} from '../../../renderer/features/datasets/dataset-words.ts';
import { pagedThumbnails } from '../../../renderer/features/datasets/paged-thumbnails.ts';
import {
  gridOf,
  PageStore,
  pageSize,
  pagesOf,
  thumbnailOf,
} from '../../../renderer/features/datasets/thumbnail-pages.ts';
import { stretchOf } from '../../../renderer/ui/use-window.ts';
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
  test('few large pages are kept, the one just come always', () => {
    const large = (): Thumbnails => ({ ...page([1]), pixels: new Uint8Array(40 * 2 ** 20) });
    const store = new PageStore();
    for (const i of [0, 1, 2]) store.put(i, large());
    expect([0, 1, 2].map((i) => store.has(i))).toEqual([false, false, true]);
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

test('of a long list the stretch in view, and some beyond either end', () => {
  expect(stretchOf(1000, 24, 240, 2400)).toEqual({ from: 96, to: 114, before: 2304, after: 21_264, whole: 24_000 });
  expect(stretchOf(3, 24, 240, 0)).toMatchObject({ from: 0, to: 3, after: 0 });
  expect(stretchOf(3, 24, 240, 5000)).toMatchObject({ from: 3, to: 3 });
});

test('names', () => {
  expect(proposedName('/data/my images (2).parquet')).toBe('my-images-2');
  expect(proposedName('/data/.hidden/')).toBe('hidden');
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
    shape: null,
    changed: false,
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
    expect(wrapper.get('[aria-label="Problems"]').text()).toContain('/data/mnist/notes.txt not an IDX file');
    bodyButton('Add a dataset')?.click();
    await flushPromises();
    bodyButton('Add')?.click();
    await flushPromises();
    expect(asked.some((a) => a.name === 'datasets.add')).toBe(false);
    expect(document.body.textContent).toContain('Choose a folder or a file.');
    bodyButton('Choose folder…')?.click();
    await flushPromises();
    document.querySelector<HTMLFormElement>('#add-dataset')?.requestSubmit();
    await flushPromises();
    expect(asked.find((a) => a.name === 'datasets.add')?.args).toMatchObject({
      path: '/home/ada/digits',
      name: 'digits',
      kind: null,
      check: 'auto',
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
    bodyButton('Add a dataset')?.click();
    await flushPromises();
    bodyButton('Choose folder…')?.click();
    await flushPromises();
    document.querySelector<HTMLFormElement>('#add-dataset')?.requestSubmit();
    await flushPromises();
    expect(wrapper.get('[role=alert]').text()).toContain('/x/a.txt');
    wrapper.unmount();
  });

  const found = (more: Partial<DatasetDescription> = {}): DatasetDescription => ({
    ...description,
    identity: { ...description.identity, name: 'cats', kind: 'imagefolder', channels: 3, classes: 2 },
    splits: [
      { name: 'train', images: 90, perClass: [60, 30], unlabelled: 0 },
      { name: 'test', images: 10, perClass: [0, 0], unlabelled: 10 },
    ],
    classNames: ['cat', 'dog'],
    sizes: { min: [20, 30], max: [400, 300] },
    mean: [0.5, 0.4, 0.3],
    std: [0.2, 0.2, 0.2],
    measured: 88,
    checked: { decoded: 98, heads: 0 },
    notes: ['image folders: split folders train, test hold class folders', 'ignored: 3 hidden files'],
    problems: Array.from({ length: 1000 }, (_, i) => ({ where: `/x/train/cat/${i}.jpg`, message: 'is cut off' })),
    problemCount: 1200,
    ...more,
  });
  const added = (more: Partial<DatasetRow> = {}): DatasetRow =>
    dataset('cats', {
      origin: 'added',
      kind: 'imagefolder',
      saved: {
        version: 2,
        name: 'cats',
        kind: 'imagefolder',
        detected: true,
        path: '/data/cats',
        findings: found(),
        added: '2026-01-01T00:00:00Z',
        checked: '2026-01-02T00:00:00Z',
      },
      ...more,
    });

  test('an added one is shown as it was found: why it is read so, unlabelled images, what was measured, problems in view', async () => {
    const { backend, names } = tableBackend({
      'datasets.list': () => [added()],
      'datasets.thumbnails': () => page([0, -1], 3),
    });
    const { wrapper } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    const text = wrapper.text();
    for (const part of [
      'image folders: split folders train, test hold class folders',
      'ignored: 3 hidden files',
      '10 images, 10 without a label',
      '0.5000, 0.4000, 0.3000',
      'of 88 images',
      '98 images decoded',
      '20 × 30 to 400 × 300 px, colour',
      '1,200 problems',
      'the first 1,000 are listed',
      'Image folders (detected)',
    ])
      expect(text).toContain(part);
    const rows = wrapper.findAll('[aria-label="Problems by path"] li');
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.length).toBeLessThan(100);
    expect(names()).not.toContain('datasets.describe');
    wrapper.unmount();
  });

  test('is checked again, also as another kind; a failure leaves what was found; what changed on disk is said', async () => {
    const rows = [added({ changed: true })];
    let fails = false;
    const { backend, asked } = tableBackend({
      'datasets.list': () => [...rows],
      'datasets.thumbnails': () => page([0], 3),
      'datasets.check': () => {
        if (fails) throw new UnsmoothError('DATASET_INVALID', 'no Parquet file there');
        rows[0] = added();
        return found();
      },
    });
    const { wrapper } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    const checks = () => asked.filter((a) => a.name === 'datasets.check').map((a) => a.args);
    expect(wrapper.text()).toContain('newer than what was found');
    bodyButton('Re-check')?.click();
    await flushPromises();
    expect(wrapper.text()).not.toContain('newer than what was found');
    bodyButton('Check fully')?.click();
    await flushPromises();
    expect(checks()).toMatchObject([{ name: 'cats', check: 'auto' }, { check: 'full' }]);
    expect(checks()[0]).not.toHaveProperty('kind');
    fails = true;
    await wrapper.get('#read-as').setValue('parquet');
    await flushPromises();
    expect(checks().at(-1)).toMatchObject({ kind: 'parquet' });
    expect(wrapper.text()).toContain('No Parquet file there');
    expect(wrapper.text()).toContain('of 88 images');
    expect(wrapper.get<HTMLSelectElement>('#read-as').element.value).toBe('detected');
    wrapper.unmount();
  });

  test('what is dropped opens the dialog with its path; text that is dragged does nothing', async () => {
    const { backend } = tableBackend({ 'datasets.list': () => [] });
    const { wrapper } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    const drop = wrapper.get('.drop');
    const files = [new File([], 'photos')];
    const dragged = { types: ['Files'], files, dropEffect: 'none' };
    await drop.trigger('dragenter', { dataTransfer: { types: ['text/plain'] } });
    expect(drop.get('[role=status]').text()).toBe('');
    await drop.trigger('dragenter', { dataTransfer: dragged });
    expect(drop.get('[role=status]').text()).toContain('Drop the folder or file here');
    await drop.trigger('drop', { dataTransfer: dragged });
    await flushPromises();
    expect(drop.get('[role=status]').text()).toBe('');
    const [path, name] = [...document.querySelectorAll<HTMLInputElement>('#add-dataset input[type=text]')];
    expect([path?.value, name?.value]).toEqual(['/dropped/photos', 'photos']);
    wrapper.unmount();
  });

  test('of hundreds of classes those in view are drawn, with their names in the table', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `class-${i}`);
    const perClass = names.map((_, i) => i + 1);
    const splits = [{ name: 'train', images: 500_500, perClass, unlabelled: 0 }];
    const saved = { ...added().saved!, findings: found({ splits, classNames: names, problems: [], problemCount: 0 }) };
    const { backend } = tableBackend({
      'datasets.list': () => [added({ saved })],
      'datasets.thumbnails': () => page([0], 3),
    });
    const { wrapper } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    expect(wrapper.findAll('.balance .bar').length).toBeLessThan(200);
    await wrapper.get('[aria-label="Class balance as a table"]').trigger('click');
    const rows = wrapper.findAll('.balance tbody th');
    expect(rows.length).toBeLessThan(100);
    expect(rows[3]?.text()).toBe('3 class-3');
    wrapper.unmount();
  });

  test('a missing one shows what was found, a broken description what is wrong; both can be removed', async () => {
    const { backend, asked } = tableBackend({
      'datasets.list': () => [
        added({ state: 'missing', note: '/data/cats is not there any more' }),
        dataset('torn', { origin: 'added', state: 'broken', kind: null, path: null, note: 'torn.json: not JSON' }),
      ],
      'datasets.remove': () => null,
    });
    const { wrapper, router } = await mountAt(DatasetsScreen, { backend, at: '/datasets' });
    expect(wrapper.text()).toContain('/data/cats is not there any more');
    expect(wrapper.text()).toContain('of 88 images');
    expect(wrapper.find('[aria-label="Images"]').exists()).toBe(false);
    await router.push('/datasets?name=torn');
    expect(wrapper.text()).toContain('torn.json: not JSON');
    bodyButton('Remove')?.click();
    await flushPromises();
    bodyButton('Remove')?.click();
    await flushPromises();
    expect(asked.find((a) => a.name === 'datasets.remove')?.args).toEqual({ name: 'torn' });
    wrapper.unmount();
  });

  test('problems as text, what was looked at in words', () => {
    expect(problemsText(found()).split('\n').at(-1)).toBe('and 200 more');
    expect(checkedText(found({ checked: { decoded: 0, heads: 1 } }))).toBe('only the heads of 1 image read');
  });
});
