// Fine-tuning from end to end, through the command line and real workers: a run that goes on at twice the resolution, checkpoints of other
// libraries as starts, what is refused before anything starts, and a resume without the file it began from.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { RecipeInput } from '../../contract/recipe.ts';
import type { Run } from '../../contract/saved/run.ts';
import { builtIns } from '../../main/datasets/built-in.ts';
import { engineFolder, engineStatus } from '../../main/engines/index.ts';
import { readMetrics } from '../../main/runs/series.ts';
import { checkpointsOf } from '../../main/runs/view.ts';
import { openModel, valuesOf } from '../../native-worker/checkpoint/open-model.ts';
import { cli, root, startCli, until } from './cli.ts';

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;
/** Debian's package; MNIST, which comes along, stands in for it. */
const dataset = builtIns.find((b) => b.name === 'fashion-mnist')?.find() ? 'fashion-mnist' : 'mnist';

let folder = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'finetune-'));
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const off = { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 };
const small = { patch_size: 7, embed_dim: 32, depth: 2, num_heads: 4, mlp_ratio: 2 };

function recipeFile(name: string, recipe: RecipeInput): string {
  const file = path.join(folder, `${name}.yaml`);
  const probe = { images: 8, every_steps: 1000, every_epochs: null };
  writeFileSync(file, stringify({ name, engine: 'cpu', probe, ...recipe }));
  return file;
}

async function train(name: string, recipe: RecipeInput): Promise<{ dir: string; run: Run; stderr: string }> {
  const { stdout, stderr, code } = await cli(['train', recipeFile(name, recipe), '--json'], env);
  expect(code, stderr).toBe(0);
  return { ...JSON.parse(stdout), stderr };
}

/** A refusal: its problems by field, and its hint. Nothing is left of the run. */
async function refused(name: string, recipe: RecipeInput) {
  const { stdout, code } = await cli(['train', recipeFile(name, recipe), '--json'], env);
  const { error } = JSON.parse(stdout);
  const runs = path.join(folder, 'library', 'runs');
  expect(existsSync(runs) ? readdirSync(runs).filter((run) => run.endsWith(name)) : []).toEqual([]);
  expect(code).toBe(2);
  return error as { code: string; message: string; hint: string; problems: { where: string; message: string }[] };
}

const newest = (dir: string): string => path.join(dir, 'checkpoints', checkpointsOf(dir).at(-1)?.weights ?? '');
const stepsSaved = (dir: string) => checkpointsOf(dir).map((c) => c.step);

async function weightsOf(file: string): Promise<Record<string, Float32Array>> {
  const model = await openModel(file, { heads: 4 });
  try {
    return valuesOf(model);
  } finally {
    model.close();
  }
}

describe.skipIf(missing !== '')(`fine-tuning${missing}`, () => {
  const images = 2000;
  const data = { dataset, val_limit: images, mean: [0.286], std: [0.353] };
  let base = '';
  beforeAll(async () => {
    const optim = { lr: 2e-3, warmup_epochs: 0.02, min_lr: 1e-4 };
    const steps = { batch_size: 32, max_steps: 400, checkpoint_every_epochs: null };
    const { dir, run } = await train('base', { data, model: small, losses: off, optim, train: steps });
    expect(run.init).toBeNull();
    expect(stepsSaved(dir)).toEqual([400]);
    base = newest(dir);
  });

  test(`at twice the resolution beats its start, by far, on ${images} images of ${dataset}`, async () => {
    const { dir, run, stderr } = await train('twice', {
      data: { ...data, img_size: 56 },
      model: { ...small, init: base },
      losses: off,
      optim: { lr: 1e-3, weight_decay: 1e-8, warmup_epochs: 0.01, min_lr: 1e-4 },
      train: { batch_size: 32, max_steps: 160, checkpoint_every_epochs: null, keep_checkpoints: 9 },
    });
    expect(run.init).toMatchObject({ file: base, layout: 'timm vision_transformer', head: 'file' });
    const said = run.init?.notes.join('\n') ?? '';
    expect(said).toContain('position embedding resized from 4 x 4 to 8 x 8 patches');
    expect(said).toContain("the head of 10 classes is the checkpoint's");
    for (const note of run.init?.notes ?? []) expect(readFileSync(path.join(dir, 'log.txt'), 'utf8')).toContain(note);
    expect(stderr).not.toContain('warning');

    const top1 = (step: number) => Number(readMetrics(dir).lines.find((l) => l.step === step)?.['val/top1']);
    expect(stepsSaved(dir)).toEqual([0, 160]);
    // Two standard deviations of a difference over 2,000 images are below 3.2 points; 24 were seen (41 to 65 %).
    expect(top1(160)).toBeGreaterThan(top1(0) + 10);

    const fitted = path.join(folder, 'fitted.safetensors');
    expect(await cli(['convert', base, '--out', fitted, '--img-size', '56'], env)).toMatchObject({ code: 0 });
    const measured = await cli(
      ['evaluate', fitted, '--data', dataset, '--images', String(images), '--engine', 'cpu', '--json'],
      env,
    );
    expect(measured.code, measured.stderr).toBe(0);
    expect(JSON.parse(measured.stdout).top1).toBeCloseTo(top1(0), 6);
  });

  test('with the losses on starts from the same weights, with a head of its own for them', async () => {
    const { dir, run } = await train('losses', {
      data: { ...data, img_size: 56, val_limit: 50 },
      model: { ...small, init: base },
      optim: { model_ema: true },
      train: { batch_size: 8, max_steps: 2, log_every_steps: 1, checkpoint_every_epochs: null, keep_checkpoints: 9 },
    });
    const [start, before] = [await weightsOf(path.join(dir, 'checkpoints', '0.safetensors')), await weightsOf(base)];
    for (const [name, values] of Object.entries(before))
      if (name !== 'pos_embed') expect(start[name], name).toEqual(values);
    expect(start.pos_embed).toHaveLength(65 * 32);
    const [first, next] = readMetrics(dir).lines;
    expect(first).toMatchObject({ step: 0, 'val_ema/top1': first?.['val/top1'] });
    for (const loss of ['cosine', 'contrastive', 'mixing']) expect(next).toHaveProperty(`train/loss_patch_${loss}`);
    expect(run.summary.best_step).not.toBeNull();
  });

  test('goes on without the file it began from', async () => {
    const init = path.join(folder, 'gone.safetensors');
    cpSync(base, init);
    const runs = path.join(folder, 'killed');
    const file = recipeFile('gone', {
      data: { ...data, img_size: 56, val_limit: 50 },
      model: { ...small, init },
      losses: off,
      train: { batch_size: 4, max_steps: 60, checkpoint_every_epochs: null },
    });
    const started = startCli(['train', file, '--runs', runs], env);
    const dir = () => path.join(runs, existsSync(runs) ? (readdirSync(runs)[0] ?? '') : '');
    await until(() => existsSync(path.join(dir(), 'checkpoints', 'index.json')));
    process.kill(JSON.parse(readFileSync(path.join(dir(), 'owner.json'), 'utf8')).pid, 'SIGKILL');
    expect((await started.ended).code).not.toBe(0);
    expect(stepsSaved(dir())).toEqual([0]);
    rmSync(init);
    const { code, stdout, stderr } = await cli(['resume', dir(), '--json'], env);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).run).toMatchObject({ status: 'done', init: { file: init, head: 'file' }, attempts: 2 });
    expect(readMetrics(dir()).lines.filter((l) => l.step === 0)).toHaveLength(1);
  });

  test('of another architecture is refused at its fields, with the line that fits', async () => {
    const other = { ...small, init: base, embed_dim: 48, depth: 3, reg_tokens: 2, talking_heads: true, patch_size: 14 };
    const error = await refused('other', { data, model: other });
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.problems).toEqual([
      {
        where: 'model.patch_size',
        message: 'the checkpoint has 7, the recipe 14; model.resize_patches: true would resize them',
      },
      { where: 'model.embed_dim', message: 'the checkpoint has 32, the recipe 48' },
      { where: 'model.depth', message: 'the checkpoint has 2, the recipe 3' },
      { where: 'model.reg_tokens', message: 'the checkpoint has 0, the recipe 2' },
      { where: 'model.talking_heads', message: 'the checkpoint has false, the recipe true' },
    ]);
    expect(error.hint).toBe(
      'The recipe fits with model: { patch_size: 7, embed_dim: 32, depth: 2, num_heads: 4, mlp_ratio: 2 }.',
    );
  });

  test('from what is no checkpoint, or not there, is refused at model.init', async () => {
    const text = path.join(folder, 'text.pth');
    writeFileSync(text, 'no weights');
    expect(await refused('text', { data, model: { ...small, init: text } })).toMatchObject({
      code: 'CHECKPOINT_INVALID',
      problems: expect.arrayContaining([expect.objectContaining({ where: 'model.init' })]),
    });
    for (const preset of readdirSync(path.join(root, 'recipes')).filter((name) => name.startsWith('finetune-'))) {
      const { code, stdout } = await cli(['train', path.join(root, 'recipes', preset), '--json'], env);
      expect({ code, ...JSON.parse(stdout).error }, preset).toMatchObject({
        code: 'CHECKPOINT_NOT_FOUND',
        problems: [{ where: 'model.init', message: expect.stringContaining('does not exist') }],
        hint: expect.stringContaining('--set model.init=FILE'),
      });
      expect(code).toBe(2);
    }
  });
});

/** Written by the libraries themselves (tests/peers/make_layouts.py): 2 layers of width 16, 3 channels, no heads said in the last two. */
describe.skipIf(missing !== '')(`a checkpoint of another library as a start${missing}`, () => {
  const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/layouts/${name}`, import.meta.url));

  test.each([
    ['timm-vit.pth', 'timm vision_transformer'],
    ['hf-vit', 'Hugging Face ViT'],
    ['google.npz', 'Google ViT (JAX)'],
  ])('%s: trains, from exactly its weights', async (name, layout) => {
    const file = fixture(name);
    const { config, close } = await openModel(file, { heads: 4 });
    close();
    const { dir, run } = await train(path.basename(name, path.extname(name)), {
      data: {
        ...{ img_size: config.img_size, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
        ...{ train_limit: 64, val_limit: 16 },
      },
      model: {
        init: file,
        in_chans: 3,
        patch_size: config.patch_size,
        embed_dim: config.embed_dim,
        depth: config.depth,
        num_heads: 4,
        mlp_ratio: config.mlp_ratio,
      },
      train: { batch_size: 8, max_steps: 3, checkpoint_every_epochs: null, keep_checkpoints: 9 },
    });
    expect(run).toMatchObject({ status: 'done', init: { file, layout, head: 'fresh' } });
    const [start, end] = [0, 3].map((step) => weightsOf(path.join(dir, 'checkpoints', `${step}.safetensors`)));
    const [theirs, first, last] = [await weightsOf(file), (await start)!, (await end)!];
    const bodies = Object.keys(theirs).filter((tensor) => !tensor.startsWith('head.'));
    expect(bodies.length).toBeGreaterThan(20);
    for (const tensor of bodies) expect(first[tensor], tensor).toEqual(theirs[tensor]);
    expect(bodies.filter((tensor) => last[tensor]?.some((x, i) => x !== first[tensor]?.[i])).length).toBeGreaterThan(
      20,
    );
    expect(first['head.weight']).toHaveLength(10 * config.embed_dim);
  });
});
