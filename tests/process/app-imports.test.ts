// Checkpoints from elsewhere in the window's services, with real workers and files as timm, Hugging Face and Google's code wrote them: added,
// read as another set of weights, measured, given back; moved, changed and damaged ones said; forgotten.
import { copyFileSync, cpSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { closeSessions, codeOf, makeRun, root, type Session, session, temporaryFolder } from '../unit/app.fixtures.ts';

afterEach(closeSessions);

const layouts = path.join(root, 'tests', 'fixtures', 'layouts');
const asItIs = { name: null, weights: null, heads: null };
const rows = async ({ api }: Session) => (await api['checkpoints.list']({})).filter((r) => r.origin === 'import');
const imports = ({ library }: Session) => readdirSync(path.join(library, 'imports'));

test('a file is listed with what it holds; with heads and the other set of weights it is measured and given back', async () => {
  const elsewhere = temporaryFolder();
  const file = path.join(elsewhere, 'timm-vit.pth');
  copyFileSync(path.join(layouts, 'timm-vit.pth'), file);
  const s = session({ shell: { chooseSave: async (name) => path.join(elsewhere, name) } });
  const { api } = s;
  const added = await api['checkpoints.import']({ ...asItIs, path: file, task: 'a' });
  expect(added).toMatchObject({
    ...{ origin: 'import', name: 'timm-vit', file, layout: "timm's vision_transformer", parameters: 5445 },
    ...{ dtypes: ['F32'], trained: 'epoch 3', state: 'available', top1: null },
    saved: { found: { weight_sets: ['model', 'model_ema'], weights: 'model', model: null, tensors: 32 } },
  });
  expect(added.saved?.found.problems.join()).toContain('the number of heads is not in the file');

  const model = { file, weights: 'model_ema', heads: 4 };
  const read = await api['checkpoints.import']({ ...model, path: file, name: null, task: 'b' });
  expect(read.saved).toMatchObject({
    ...{ weights: 'model_ema', heads: 4, added: added.saved?.added },
    found: { weights: 'model_ema', model: { num_heads: 4, embed_dim: 16 }, problems: [] },
  });
  expect(await rows(s)).toEqual([read]);

  const inspected = await api['checkpoints.inspect']({ ...model, norms: true, task: 'i' });
  expect(inspected.tensors.every((t) => Number(t.norm) > 0)).toBe(true);

  const how = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const on = { ...model, ...how, dataset: 'mnist', split: null, images: 8, task: 'd' };
  const diagnosed = await api['checkpoints.diagnose']({ ...on, tap: 'norm', metrics: ['cos_abs'] });
  expect(diagnosed).toMatchObject({ weights: 'model_ema', heads: 4, ...how, images: 8 });
  const plain = await api['checkpoints.diagnose']({ ...on, weights: 'model', tap: 'norm', metrics: ['cos_abs'] });
  const [row] = await rows(s);
  expect(row?.results.diagnoses).toEqual([plain, diagnosed]); // one set's result does not take the place of the other's
  expect(row?.last_layer_similarity).toBe(diagnosed.metrics.cos_abs?.at(-1));

  const converted = await api['checkpoints.convert']({ ...model, task: 'c' });
  expect(converted).toMatchObject({ out: path.join(elsewhere, 'timm-vit.safetensors'), parameters: 5445 });
  const exported = await api['checkpoints.export']({ ...model, target: 'hugging-face', imageSize: null, task: 'e' });
  expect(exported?.out).toBe(path.join(elsewhere, 'timm-vit-hf'));
  await api['app.showSaved']({ file: exported?.out ?? '' });
  expect(s.asked).toContain(`show ${exported?.out}`);
  const again = () => api['checkpoints.export']({ ...model, target: 'hugging-face', imageSize: null, task: 'f' });
  expect(await codeOf(again)).toBe('USAGE'); // a folder that holds a model is not replaced
  const back = await api['checkpoints.import']({ ...asItIs, path: exported?.out ?? '', task: 'h' });
  expect(back).toMatchObject({ name: 'timm-vit-hf', layout: 'Hugging Face ViT', saved: { found: { problems: [] } } });

  expect(await api['checkpoints.forget']({ files: [file] })).toBeNull();
  expect((await rows(s)).map((r) => r.name)).toEqual(['timm-vit-hf']);
  expect(existsSync(file)).toBe(true);
  expect(await codeOf(() => api['checkpoints.forget']({ files: [file] }))).toBe('CHECKPOINT_NOT_FOUND');
});

test('a save that the user thought better of writes nothing', async () => {
  const s = session({ shell: { chooseSave: async () => null } });
  const model = { file: path.join(layouts, 'google.npz'), weights: null, heads: null, task: 't' };
  expect(await s.api['checkpoints.convert'](model)).toBeNull();
  expect(await s.api['checkpoints.export']({ ...model, target: 'onnx', imageSize: null })).toBeNull();
});

test('what was moved, changed or damaged is said at its row, and read anew it is well', async () => {
  const elsewhere = temporaryFolder();
  const folder = path.join(elsewhere, 'hf-vit');
  cpSync(path.join(layouts, 'hf-vit'), folder, { recursive: true });
  const s = session();
  const { file } = await s.api['checkpoints.import']({ ...asItIs, path: folder, task: 'a' });
  expect(file).toBe(path.join(folder, 'model.safetensors'));
  const state = async () => (await rows(s)).map((r) => `${r.name} ${r.state}`);
  expect(await state()).toEqual(['hf-vit available']);

  copyFileSync(path.join(layouts, 'hf-deit', 'model.safetensors'), file);
  copyFileSync(path.join(layouts, 'hf-deit', 'config.json'), path.join(folder, 'config.json'));
  expect(await state()).toEqual(['hf-vit changed']);
  const read = await s.api['checkpoints.import']({ ...asItIs, path: file, task: 'b' });
  expect(read).toMatchObject({ name: 'hf-vit', layout: 'Hugging Face DeiT', state: 'available', note: '' });

  renameSync(file, `${file}.elsewhere`);
  expect(await state()).toEqual(['hf-vit missing']);
  expect((await rows(s))[0]?.note).toBe(`${file} is not there any more: it was moved or removed.`);
  const [name = ''] = imports(s);
  writeFileSync(path.join(s.library, 'imports', name), '{');
  const [broken] = await rows(s);
  expect(broken).toMatchObject({ state: 'broken', saved: null, note: expect.stringContaining('not JSON') });
  await s.api['checkpoints.forget']({ files: [broken?.file ?? ''] });
  expect(await rows(s)).toEqual([]);
});

test('what is no checkpoint, or is listed as a run’s already, is refused and not listed', async () => {
  const s = session();
  const elsewhere = temporaryFolder();
  const text = path.join(elsewhere, 'notes.txt');
  writeFileSync(text, 'weights of the year');
  makeRun(s.library, '20260101-000000-tiny', 3, [3]);
  const [own] = await s.api['checkpoints.list']({});
  expect(own).toMatchObject({ origin: 'run', name: 'tiny, step 3', dtypes: ['F32'] });
  const refused = (given: string) => codeOf(() => s.api['checkpoints.import']({ ...asItIs, path: given, task: given }));
  expect(await refused(text)).toBe('CHECKPOINT_INVALID');
  expect(await refused(elsewhere)).toBe('CHECKPOINT_NOT_FOUND');
  expect(await refused('weights.pth')).toBe('CHECKPOINT_NOT_FOUND');
  expect(await refused(own?.file ?? '')).toBe('USAGE');
  expect(await rows(s)).toEqual([]);
});
