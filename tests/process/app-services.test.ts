// The window's services with real workers: trainings from start to end, killed, interrupted and gone on with; what is measured on a
// checkpoint, kept and reported; images of a dataset. On the wasm engine, which is always there, with a model of a few thousand weights.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { builtIns } from '../../main/datasets/built-in.ts';
import { drawPictures } from '../pictures.ts';
import { closeSessions, codeOf, type Session, session, temporaryFolder, there, until } from '../unit/app.fixtures.ts';

afterEach(closeSessions);

const tiny = (more: RecipeInput = {}) =>
  parseRecipe({
    name: 'tiny',
    model: { depth: 2, embed_dim: 8, num_heads: 2 },
    data: { train_limit: 512, val_limit: 32 },
    probe: { images: 8, every_steps: 20, every_epochs: null },
    ...more,
    train: { batch_size: 4, max_steps: 100_000, checkpoint_every_epochs: null, eval_every_epochs: 1000, ...more.train },
  });
const state = ({ api }: Session, id: string) =>
  Promise.resolve(api['training.states']({})).then((s) => s.find((t) => t.id === id));
const asItIs = { weights: null, heads: null };
const asItSays = { ...asItIs, mean: null, std: null };
const rowOf = async ({ api }: Session, id: string) => (await api['runs.list']({})).find((r) => r.id === id);
const idle = ({ services }: Session) => until(() => services.busy().length === 0);

async function stepAbove(s: Session, id: string, step: number): Promise<void> {
  while (((await state(s, id))?.step ?? 0) <= step) await new Promise((resolve) => setTimeout(resolve, 10));
}
async function statusIs(s: Session, id: string, status: string): Promise<void> {
  while ((await rowOf(s, id))?.status !== status) await new Promise((resolve) => setTimeout(resolve, 20));
}

const layouts = (name: string) => fileURLToPath(new URL(`../fixtures/layouts/${name}`, import.meta.url));

describe('a training', () => {
  test('is seen at once, waits its turn, is paused, saved, stopped and gone on with', async () => {
    const s = session();
    const { api, told } = s;
    await api['runs.list']({});
    const { id, notes } = await api['training.start']({ recipe: tiny() });
    expect(notes).toEqual([expect.stringContaining('wasm')]);
    const begun = await rowOf(s, id);
    expect(begun).toMatchObject({ name: 'tiny', elsewhere: false, losses: '1/1/1' });
    expect(['queued', 'starting']).toContain(begun?.status);
    const waiting = await api['training.start']({ recipe: tiny({ name: 'second' }) });
    expect(await rowOf(s, waiting.id)).toMatchObject({ name: 'second', status: 'queued', elsewhere: false });
    const queued = await api['runs.get']({ id: waiting.id });
    expect(queued).toMatchObject({ run: { status: 'queued' }, problems: [] });
    expect(parseRecipe(parse(queued.recipeText))).toEqual(queued.run.recipe);
    expect(await state(s, waiting.id)).toMatchObject({ state: 'waiting', note: 'another job computes on the device' });
    expect(s.services.busy().map((b) => b.name)).toEqual(['tiny', 'second']);
    await api['training.stop']({ id: waiting.id });
    await until(() => s.services.busy().length === 1);
    await until(() => !there(s.library, 'runs', waiting.id));

    await stepAbove(s, id, 5);
    expect(await state(s, id)).toMatchObject({ state: 'working', steps: 100_000, note: '', eta_s: expect.any(Number) });
    await api['training.pause']({ id });
    await statusIs(s, id, 'paused');
    await api['training.checkpoint']({ id });
    await until(() => there(s.library, 'runs', id, 'checkpoints', 'index.json'));
    await api['training.continue']({ id });
    await statusIs(s, id, 'running');
    expect(await codeOf(() => api['runs.remove']({ ids: [id] }))).toBe('RUN_ALIVE');
    await api['training.stop']({ id });
    await idle(s);
    const stopped = await api['runs.get']({ id });
    expect(stopped).toMatchObject({ row: { status: 'stopped' }, run: { attempts: 1 } });
    expect(stopped.checkpoints.at(-1)?.step).toBe(stopped.run.progress?.step);

    expect(await api['training.resume']({ id })).toMatchObject({ notes: expect.any(Array) });
    expect(await codeOf(() => api['training.resume']({ id }))).toBe('RUN_ALIVE');
    await stepAbove(s, id, (stopped.run.progress?.step ?? 0) + 3);
    await api['training.stop']({ id });
    await idle(s);
    expect((await api['runs.get']({ id })).run.attempts).toBe(2);
    expect(told.problem).toEqual([]);
    expect(told.trainings.at(-1)?.length).toBeLessThan(2);
  });

  test('waits for one of another library too: the device is the same', async () => {
    const cache = temporaryFolder();
    const [one, other] = [session({ cache }), session({ cache })];
    await one.api['training.start']({ recipe: tiny() });
    await until(() => there(cache, 'locks', 'cpu.lock'));
    const { id } = await other.api['training.start']({ recipe: tiny({ train: { max_steps: 2 } }) });
    await until(() => other.told.trainings.some(([t]) => t?.note === `process ${process.pid} computes on the device`));
    expect(await rowOf(other, id)).toMatchObject({ status: 'queued' });
    await one.services.interruptAll();
    await idle(other);
    expect(await rowOf(other, id)).toMatchObject({ status: 'done' });
  });

  test('whose worker is killed says why, stays, and goes on', async () => {
    const s = session();
    const { id } = await s.api['training.start']({ recipe: tiny({ train: { checkpoint_every_steps: 5 } }) });
    await stepAbove(s, id, 12);
    await s.api['runs.note']({ id, name: 'better' });
    expect(s.services.busy()).toEqual([{ id, name: 'better' }]);
    const { pid } = JSON.parse(readFileSync(path.join(s.library, 'runs', id, 'owner.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await idle(s);
    expect(s.told.problem).toMatchObject([
      { code: 'WORKER_DIED', message: 'better: the worker was killed by SIGKILL' },
    ]);
    expect(await rowOf(s, id)).toMatchObject({ status: 'interrupted', reason: 'the worker was killed by SIGKILL' });
    await s.api['training.resume']({ id });
    await stepAbove(s, id, 15);
    await s.services.interruptAll();
    expect(s.services.busy()).toEqual([]);
    expect(await rowOf(s, id)).toMatchObject({ status: 'interrupted', elsewhere: false });
  });

  test('that ends with the program is interrupted with a checkpoint, and the next session goes on to its end', async () => {
    const first = session();
    const recipe = tiny({ train: { max_steps: 400 } });
    const { id } = await first.api['training.start']({ recipe });
    await stepAbove(first, id, 3);
    await first.services.interruptAll();
    const second = session({ library: first.library });
    const found = await second.api['runs.get']({ id });
    expect(found.row.status).toBe('interrupted');
    expect(found.checkpoints.length).toBe(1);
    await second.api['training.resume']({ id });
    await idle(second);
    expect(await rowOf(second, id)).toMatchObject({ status: 'done', step: 400, engine: 'wasm' });
    expect(await codeOf(() => second.api['training.resume']({ id }))).toBe('RUN_NOT_RESUMABLE');
  });

  test('that waits when the program ends is kept, and the next session begins it', async () => {
    const first = session();
    await first.api['training.start']({ recipe: tiny() });
    const { id } = await first.api['training.start']({ recipe: tiny({ name: 'waits', train: { max_steps: 3 } }) });
    await first.api['runs.note']({ id, tags: ['tonight'] });
    await first.services.interruptAll();
    const second = session({ library: first.library });
    const found = await second.api['runs.get']({ id });
    expect(found).toMatchObject({ row: { status: 'interrupted', name: 'waits', tags: ['tonight'] }, problems: [] });
    expect(found.row.reason).toContain('had not begun');
    await second.api['training.resume']({ id });
    await idle(second);
    const { row, run } = await second.api['runs.get']({ id });
    expect(row).toMatchObject({ status: 'done', step: 3, reason: '' });
    expect(run).toMatchObject({ attempts: 1, dataset: { name: 'mnist' }, parameters: expect.any(Number) });
  });

  test.each<[string, RecipeInput, string]>([
    ['an unknown dataset', { data: { dataset: 'mnits' } }, 'data.dataset'],
    ['a folder that is not there', { data: { kind: 'idx', path: '/no/such/folder' } }, 'data.path'],
    ['a path that is not full', { data: { kind: 'idx', path: 'data' } }, 'data.path'],
    ['an engine that is missing', { engine: 'cpu' }, 'engine'],
    ['weights that are not there', { model: { init: '/no/such.safetensors' } }, 'model.init'],
    ['weights that are none', { model: { init: fileURLToPath(import.meta.url) } }, 'model.init'],
    ['weights of another width', { model: { init: layouts('timm-vit.pth') } }, 'model.embed_dim'],
    ['as many means as another kind of image has', { data: { mean: [0, 0, 0], std: [1, 1, 1] } }, 'data.mean'],
    ['a split that is not there', { data: { val_split: 'dev' } }, 'data.val_split'],
    ['a batch above the data', { data: { train_limit: 10 } }, 'train.batch_size'],
  ])('with %s is refused at its field, and leaves nothing', async (_, input, field) => {
    const s = session();
    const failure = await Promise.resolve()
      .then(() => s.api['training.start']({ recipe: parseRecipe(input) }))
      .then(
        () => expect.fail('it started'),
        (e: { problems: { where: string }[] }) => e,
      );
    expect(failure.problems.map((p) => p.where)).toContain(field);
    expect(there(s.library, 'runs') ? readdirSync(path.join(s.library, 'runs')) : []).toEqual([]);
  });
});

describe('a checkpoint', () => {
  test('is inspected, evaluated and diagnosed; the results stay with it and go into reports', async () => {
    const s = session();
    const { api } = s;
    const { id } = await api['training.start']({ recipe: tiny({ train: { max_steps: 30, eval_every_epochs: 0.1 } }) });
    await idle(s);
    const [row] = await api['checkpoints.list']({});
    const file = row?.file ?? '';
    expect(row).toMatchObject({ run: id, step: 30, best: true, results: { evaluations: [], diagnoses: [] } });
    const inspected = await api['checkpoints.inspect']({ ...asItIs, file, norms: false, task: 'i' });
    expect(inspected).toMatchObject({ layout: 'timm vision_transformer', model: { depth: 2 } });

    const on = { ...asItSays, file, dataset: 'mnist', split: null, task: 'e' };
    const evaluated = await api['checkpoints.evaluate']({ ...on, images: 32 });
    expect(evaluated.top1).toBe(row?.top1);
    const diagnosed = await api['checkpoints.diagnose']({ ...on, images: 8, tap: 'norm', metrics: ['cos_abs'] });
    expect(diagnosed.metrics.cos_abs?.length).toBe(3);
    expect(s.told.task.at(-1)).toMatchObject({ task: 'e', done: 8, total: 8, unit: 'images' });
    await api['checkpoints.evaluate']({ ...on, images: 32 });
    const kept = (await session({ library: s.library }).api['checkpoints.list']({}))[0]?.results;
    expect(kept).toMatchObject({ evaluations: [{ top1: evaluated.top1, images: 32 }], diagnoses: [diagnosed] });

    await api['runs.note']({ id, name: 'Called & so' });
    const items = { runs: [], checkpoints: [file] };
    expect(await api['reports.preview']({ items, format: 'html' })).toEqual({ url: 'preview:html' });
    const html = s.asked.at(-1) ?? '';
    expect(html).toContain('<title>Called &amp; so - Unsmooth report</title>');
    expect(html).toContain('Diagnosed: cos_abs, tap norm');
    expect(html).not.toMatch(/(?:src|href)="(?!#)|@import|url\(/);
    expect(html).toContain('@media print');
    const saved = await api['reports.save']({ items, format: 'json' });
    const json = JSON.parse(readFileSync(saved ?? '', 'utf8'));
    expect(json.checkpoints).toMatchObject([
      { step: 30, run: id, evaluations: [{ top1: evaluated.top1 }], diagnoses: [diagnosed] },
    ]);
    expect(json.runs[0].run.summary['val/top1']).toBe(evaluated.top1);
  });

  test('that is not there, or work that is cancelled, is an error with its code', async () => {
    const s = session();
    expect(
      await codeOf(() => s.api['checkpoints.inspect']({ ...asItIs, file: '/no/such', norms: false, task: 'i' })),
    ).toBe('CHECKPOINT_NOT_FOUND');
    const { id } = await s.api['training.start']({ recipe: tiny() });
    await stepAbove(s, id, 1);
    await s.api['training.checkpoint']({ id });
    await until(() => there(s.library, 'runs', id, 'checkpoints', 'index.json'));
    const [row] = await s.api['checkpoints.list']({});
    const evaluation = s.api['checkpoints.evaluate']({
      ...asItSays,
      file: row?.file ?? '',
      dataset: 'mnist',
      split: null,
      images: 8,
      task: 'wait',
    });
    await until(() => s.told.task.some((t) => t.task === 'wait' && t.note.startsWith('waiting')));
    await s.api['tasks.cancel']({ task: 'wait' });
    expect(await codeOf(() => evaluation)).toBe('STOPPED');
  });
});

describe('a dataset', () => {
  test('is described and shown; an added one is listed, opened and forgotten', async () => {
    const s = session();
    const { api } = s;
    const data = builtIns.find((b) => b.name === 'mnist')?.find()?.path ?? expect.fail('mnist is part of the packages');
    const page = await api['datasets.thumbnails']({ name: 'mnist', split: 'test', from: 9990, count: 100, task: 't' });
    expect(page).toMatchObject({ width: 28, height: 28, channels: 1, total: 10_000 });
    const images = readFileSync(path.join(data, readdirSync(data).find((f) => f.startsWith('t10k-images')) ?? ''));
    expect(Buffer.from(page.pixels).equals(images.subarray(images.length - 10 * 784))).toBe(true);
    expect(page.labels.length).toBe(10);

    const folder = path.join(temporaryFolder(), 'digits');
    mkdirSync(folder);
    for (const name of readdirSync(data).filter((f) => f.startsWith('t10k')))
      symlinkSync(path.join(data, name), path.join(folder, name));
    const asIs = { kind: null, check: 'auto', task: 'a' } as const;
    const added = await api['datasets.add']({ ...asIs, path: folder, name: 'my-digits' });
    expect(added).toMatchObject({
      name: 'my-digits',
      origin: 'added',
      state: 'available',
      kind: 'idx',
      saved: { detected: true },
      shape: { classes: 10, channels: 1, size: { width: 28, height: 28 }, splits: { test: 10_000 } },
      changed: false,
    });
    expect(await api['datasets.describe']({ name: 'my-digits', task: 'd' })).toEqual(added.saved?.findings);

    for (const name of readdirSync(data).filter((f) => f.startsWith('train')))
      symlinkSync(path.join(data, name), path.join(folder, name));
    const rowNow = async () => (await api['datasets.list']({})).find((d) => d.name === 'my-digits');
    expect(await rowNow()).toMatchObject({ changed: true, shape: { splits: { test: 10_000 } } });
    const checked = await api['datasets.check']({ name: 'my-digits', kind: 'idx', check: 'full', task: 'c' });
    expect(checked.splits.map((x) => x.images).sort()).toEqual([10_000, 60_000]);
    expect(await rowNow()).toMatchObject({
      changed: false,
      saved: { detected: false, added: added.saved?.added, findings: { problemCount: 0 } },
      shape: { splits: { train: 60_000, test: 10_000 } },
    });
    expect((await api['datasets.check']({ name: 'mnist', check: 'auto', task: 'c' })).identity.classes).toBe(10);
    expect(there(s.library, 'datasets', 'mnist.json')).toBe(false);
    await api['datasets.openFolder']({ name: 'my-digits' });
    expect(s.asked).toEqual([`open ${folder}`]);
    await api['datasets.remove']({ name: 'my-digits' });
    expect(existsSync(folder)).toBe(true);
    expect((await api['datasets.list']({})).map((d) => d.name)).not.toContain('my-digits');

    const torn = path.join(temporaryFolder(), 'torn');
    mkdirSync(torn);
    writeFileSync(path.join(torn, 'train-images-idx3-ubyte'), 'not idx');
    const adds = (place: string) => codeOf(() => api['datasets.add']({ ...asIs, path: place, name: null }));
    expect(await adds(torn)).toBe('DATASET_INVALID');
    expect(await adds('/no/such')).toBe('DATASET_NOT_FOUND');
    expect(await adds('torn')).toBe('DATASET_NOT_FOUND');
    expect(await codeOf(() => api['datasets.add']({ ...asIs, path: folder, name: '../x' }))).toBe('USAGE');
    expect(readdirSync(path.join(s.library, 'datasets')).filter((f) => f.endsWith('.json'))).toEqual([]);
    expect(await codeOf(() => api['datasets.remove']({ name: 'mnist' }))).toBe('DATASET_NOT_FOUND');
  });
});

test('a folder of images is added, shown in colour, and refused where a split has images without a label', async () => {
  const s = session();
  const folder = path.join(temporaryFolder(), 'shapes');
  const broken = await drawPictures(folder, 8);
  const row = await s.api['datasets.add']({ path: folder, name: null, kind: null, check: 'auto', task: 'a' });
  expect(row).toMatchObject({
    name: 'shapes',
    kind: 'imagefolder',
    shape: { classes: 3, channels: 3, size: null, splits: { train: 19, val: 6 }, unlabelled: {} },
    saved: { findings: { classNames: ['bubbles', 'hills', 'stripes'], problemCount: 2 } },
  });
  expect(row.saved?.findings.problems.map((p) => p.where).sort()).toEqual([...broken].sort());
  const page = await s.api['datasets.thumbnails']({ name: 'shapes', split: 'val', from: 0, count: 4, task: 't' });
  expect(page).toMatchObject({ width: 96, height: 96, channels: 3, total: 6, labels: [0, 0, 1, 1] });
  expect(page.pixels.length).toBe(4 * 96 * 96 * 3);

  const file = path.join(s.library, 'datasets', 'shapes.json');
  const saved = JSON.parse(readFileSync(file, 'utf8'));
  for (const split of saved.findings.splits) if (split.name === 'val') split.unlabelled = 2;
  writeFileSync(file, JSON.stringify(saved));
  const data = { dataset: 'shapes', val_split: 'val', mean: [0, 0, 0], std: [1, 1, 1] };
  const refused = await Promise.resolve()
    .then(() => s.api['training.start']({ recipe: tiny({ data, train: { batch_size: 4 } }) }))
    .then(
      () => expect.fail('it started'),
      (e: { problems: { where: string; message: string }[] }) => e.problems,
    );
  expect(refused).toContainEqual({ where: 'data.val_split', message: '2 images of split val have no label' });
});

describe('engines', () => {
  test('are listed with the chosen one; the doctor says what is missing and how to get it', async () => {
    const { api } = session();
    const rows = await api['engines.list']({});
    expect(rows.map((e) => [e.name, e.chosen, e.speed])).toEqual([
      ['cuda', false, null],
      ['cpu', false, null],
      ['webgpu', false, null],
      ['wasm', true, null],
    ]);
    expect(await codeOf(() => api['engines.remove']({ name: 'wasm' }))).toBe('USAGE');
    expect(await codeOf(() => api['engines.measure']({ name: 'cuda', task: 'm' }))).toBe('ENGINE_MISSING');
    const findings = await api['engines.doctor']({});
    expect(findings.find((f) => f.name === 'engine cpu')?.fix).not.toBe('');
    expect(findings.find((f) => f.name === 'dataset mnist')).toMatchObject({ ok: true, fix: '' });
  });

  test('are measured, and the speed is what estimates are made with', async () => {
    const { api } = session();
    const measured = await api['engines.measure']({ name: 'wasm', task: 'm' });
    expect(measured.speed?.gflops).toBeGreaterThan(0);
    const { images_per_s = 0, gflops = 1 } = measured.speed ?? {};
    const recipe = parseRecipe({ train: { max_steps: 1000, eval_every_epochs: 100 }, probe: { every_steps: 1000 } });
    const estimate = await api['training.estimate']({ recipe });
    // 64,000 images at the measured rate, and a little for evaluation, probes and the start.
    const seconds = 64_000 / images_per_s;
    expect(estimate.seconds).toBeGreaterThan(0.95 * seconds);
    expect(estimate.seconds).toBeLessThan(1.1 * seconds + 8);
    expect(estimate.flops_per_step / 64 / 1e9).toBeCloseTo(gflops / images_per_s, 3);
  });
});
