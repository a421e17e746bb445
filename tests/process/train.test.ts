// Trainings from end to end, through the command line and real workers: killed, stopped, orphaned, diverged, and gone on with.
import {
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { engineFolder, engineStatus } from '../../main/engines/index.ts';
import { readLayers, readMetrics } from '../../main/runs/series.ts';
import { checkpointsOf, type ReadableRun, viewRun } from '../../main/runs/view.ts';
import { prepareResume, prepareTraining } from '../../main/training/prepare.ts';
import { DeviceQueue } from '../../main/training/queue.ts';
import { startWorker } from '../../main/training/start.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { cli, root, startCli, until } from './cli.ts';

const steps = 120;
/** Small, and with everything that has a state: EMA, drop path, augmentation, schedule, all losses. */
const recipe: RecipeInput = {
  name: 'tiny',
  threads: 1,
  engine: 'cpu',
  model: { depth: 2, embed_dim: 16, num_heads: 2, drop_path: 0.1 },
  augment: { crop_padding: 2 },
  optim: { model_ema: true, model_ema_decay: 0.9, warmup_epochs: 0.5 },
  train: { batch_size: 8, max_steps: steps, checkpoint_every_steps: 10, checkpoint_every_epochs: null },
  data: { train_limit: 256, val_limit: 64 },
  probe: { images: 8, every_steps: 40, every_epochs: null },
};

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;

let folder = '';
let recipeFile = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'train-'));
  // The plain graph needs no compile, so a run is seconds; the engine itself is the installed one.
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache };
  process.env.UNSMOOTH_CACHE = cache;
  recipeFile = path.join(folder, 'recipe.yaml');
  writeFileSync(recipeFile, stringify(recipe));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const viewOf = (dir: string): ReadableRun => {
  const view = viewRun(dir);
  return view.kind === 'run' ? view : expect.fail(view.why);
};

/** Every tensor of the last checkpoint, weights and state, as bytes. */
function finalTensors(dir: string): Record<string, string> {
  const last = checkpointsOf(dir).at(-1);
  expect(last?.step).toBe(steps);
  const tensors: Record<string, string> = {};
  for (const name of [last?.weights ?? '', last?.state ?? '']) {
    const file = readSafetensors(path.join(dir, 'checkpoints', name));
    for (const tensor of file.tensors.keys()) {
      const values = file.read(tensor);
      tensors[tensor] = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
    }
    file.close();
  }
  return tensors;
}

/** What does not depend on the clock, for every step. */
function losses(dir: string): unknown[] {
  const { lines, broken } = readMetrics(dir);
  expect(broken).toBeLessThanOrEqual(1); // a line torn by a kill
  return lines.map((line) =>
    Object.fromEntries(Object.entries(line).filter(([tag]) => tag !== 'wall' && !tag.startsWith('perf/'))),
  );
}

/** The folder that a started training makes below `runs`, once there is something in run.json. */
async function newRun(runs: string): Promise<string> {
  const find = () =>
    existsSync(runs) ? readdirSync(runs).find((d) => existsSync(path.join(runs, d, 'run.json'))) : '';
  await until(() => Boolean(find()));
  return path.join(runs, find() ?? '');
}

const ownerPid = (dir: string): number => JSON.parse(readFileSync(path.join(dir, 'owner.json'), 'utf8')).pid;
const stepsDone = (dir: string): number => readMetrics(dir).lines.at(-1)?.step ?? 0;
const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
const runsFolder = (name: string) => path.join(folder, name);

describe.skipIf(missing !== '')(`training${missing}`, { timeout: 180_000 }, () => {
  let reference = '';
  beforeAll(async () => {
    const { code, stdout, stderr } = await cli(['train', recipeFile, '--runs', runsFolder('reference'), '--json'], env);
    expect(stderr).toContain('probe at step 0');
    expect(code).toBe(0);
    const { dir, run } = JSON.parse(stdout);
    expect(run).toMatchObject({ status: 'done', engine: { name: 'cpu', form: 'graph' }, threads: 1, attempts: 1 });
    reference = dir;
  });

  test('leaves a whole run folder, with every step once', () => {
    const files = readdirSync(reference);
    for (const name of ['run.json', 'recipe.yaml', 'metrics.jsonl', 'layers.jsonl', 'log.txt', 'checkpoints'])
      expect(files).toContain(name);
    expect(files.some((f) => f.startsWith('events.out.tfevents.'))).toBe(true);
    expect(readMetrics(reference).lines.map((l) => l.step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    const probes = readLayers(reference).lines.filter((l) => l.tap === 'norm');
    expect(probes.map((l) => l.step)).toEqual([0, 40, 80, 120]);
    expect(viewOf(reference)).toMatchObject({ status: 'done', alive: false, reason: '' });
  });

  test('recipe.yaml of the run started again gives the same weights', async () => {
    const again = path.join(reference, 'recipe.yaml');
    const { code, stdout } = await cli(['train', again, '--runs', runsFolder('again'), '--json'], env);
    expect(code).toBe(0);
    const { dir } = JSON.parse(stdout);
    expect(finalTensors(dir)).toEqual(finalTensors(reference));
  });

  test('killed with -9 at random moments and resumed, it ends bit for bit where it would have', async () => {
    const runs = runsFolder('killed');
    const moments = [1, 2].map((n) => Math.floor(Math.random() * 25) + n * 30);
    let started = startCli(['train', recipeFile, '--runs', runs, '--json'], env);
    const dir = await newRun(runs);
    for (const [n, moment] of moments.entries()) {
      await until(() => stepsDone(dir) >= moment);
      process.kill(ownerPid(dir), 'SIGKILL');
      const { code, stdout, stderr } = await started.ended;
      expect(code, `killed at ${moments}`).toBe(1);
      expect(JSON.parse(stdout).error.code).toBe('WORKER_DIED');
      expect(stderr).toMatch(/^unsmooth: \[WORKER_DIED\] the worker was killed by SIGKILL/m);
      expect(viewOf(dir)).toMatchObject({ status: 'interrupted', alive: false });
      expect(viewOf(dir).reason).toContain('killed by SIGKILL');
      expect(JSON.parse(readFileSync(path.join(dir, 'ended.json'), 'utf8')).attempt).toBe(n + 1);
      started = startCli(['resume', dir, '--json'], env);
    }
    const { code, stdout, stderr } = await started.ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).run).toMatchObject({ status: 'done', attempts: 3 });
    expect(finalTensors(dir), `killed at ${moments}`).toEqual(finalTensors(reference));
    expect(losses(dir)).toEqual(losses(reference));
  });

  test('whose command line is killed saves a checkpoint and is interrupted', async () => {
    const runs = runsFolder('orphaned');
    const { child, ended } = startCli(['train', recipeFile, '--runs', runs], env);
    const dir = await newRun(runs);
    await until(() => stepsDone(dir) >= 25);
    const worker = ownerPid(dir);
    child.kill('SIGKILL');
    await ended;
    await until(() => gone(worker));
    const { run } = viewOf(dir);
    expect(run.status).toBe('interrupted');
    expect(checkpointsOf(dir).at(-1)?.step).toBe(run.progress?.step);
    const resumed = await cli(['resume', dir, '--json'], env);
    expect(resumed.code).toBe(0);
    expect(finalTensors(dir)).toEqual(finalTensors(reference));
    expect(losses(dir)).toEqual(losses(reference));
  });

  test('pauses, goes on, checkpoints, stops and is resumed', async () => {
    const where = { library: env.UNSMOOTH_LIBRARY ?? '', runs: runsFolder('ordered') };
    const queue = new DeviceQueue(path.join(folder, 'locks'));
    const statuses: string[] = [];
    const checkpoints: number[] = [];
    const { job } = prepareTraining(
      parseRecipe({ ...recipe, train: { ...recipe.train, checkpoint_every_steps: null } }),
      where,
    );
    const handle = startWorker(job, {
      queue,
      script: path.join(root, 'dist', 'worker.cjs'),
      message(m) {
        if (m.type === 'status') statuses.push(m.status);
        if (m.type === 'checkpoint') checkpoints.push(m.step);
      },
    });
    await until(() => stepsDone(job.dir) >= 5);
    handle.pause();
    await until(() => statuses.at(-1) === 'paused');
    const paused = stepsDone(job.dir);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(stepsDone(job.dir)).toBe(paused);
    expect(viewOf(job.dir)).toMatchObject({ status: 'paused', alive: true });

    const refused = await cli(['resume', job.dir], env);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^unsmooth: \[RUN_ALIVE\] /m);

    handle.checkpoint();
    await until(() => checkpoints.length > 0);
    expect(checkpoints).toEqual([paused]);
    handle.continue();
    await until(() => statuses.at(-1) === 'running');
    handle.stop();
    const result = await handle.done;
    expect(result).toMatchObject({ type: 'train', run: { status: 'stopped' } });
    expect(statuses.filter((s) => s !== 'starting')).toEqual(['compiling', 'running', 'paused', 'running', 'stopped']);

    const on = startWorker(prepareResume(job.dir, where).job, { queue, script: path.join(root, 'dist', 'worker.cjs') });
    expect(await on.done).toMatchObject({ run: { status: 'done', attempts: 2 } });
    expect(finalTensors(job.dir)).toEqual(finalTensors(reference));
    expect(losses(job.dir)).toEqual(losses(reference));
  });

  test.for([
    ['SIGINT', 'stopped'],
    ['SIGTERM', 'interrupted'],
  ] as const)('%s to the command line: a checkpoint, status %s, exit 130', async ([signal, status]) => {
    const runs = runsFolder(signal);
    const { child, ended } = startCli(['train', recipeFile, '--runs', runs, '--json'], env);
    const dir = await newRun(runs);
    await until(() => stepsDone(dir) >= 12);
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout).run.status).toBe(status);
    expect(checkpointsOf(dir).at(-1)?.step).toBe(viewOf(dir).run.progress?.step);
  });

  const wild = ['optim.lr=1e6', 'optim.warmup_epochs=0', 'optim.sched=constant'];
  const diverge = async (runs: string, every: number) => {
    const settings = [...wild, `train.checkpoint_every_steps=${every}`].flatMap((s) => ['--set', s]);
    const { code, stdout, stderr } = await cli(['train', recipeFile, '--runs', runs, '--json', ...settings], env);
    expect(code).toBe(1);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe('RUN_DIVERGED');
    expect(stderr).toContain(`unsmooth: [RUN_DIVERGED] ${error.message}.`);
    const dir = await newRun(runs);
    expect(viewOf(dir)).toMatchObject({ status: 'diverged', reason: error.message, alive: false });
    return { dir, message: String(error.message), step: Number(/step (\d+)/.exec(error.message)?.[1]) };
  };

  test('that diverges names the term and the step', async () => {
    const { dir, message, step } = await diverge(runsFolder('diverged'), 50);
    expect(message).toMatch(/^loss\w* became (NaN|-?Infinity) at step \d+$/);
    expect(stepsDone(dir)).toBe(step - 1);
  });

  test('that diverges keeps the last good checkpoint', async () => {
    const { dir, step } = await diverge(runsFolder('diverged-kept'), 1);
    const last = checkpointsOf(dir).at(-1);
    expect(last?.step).toBeLessThan(step);
    const file = readSafetensors(path.join(dir, 'checkpoints', last?.weights ?? ''));
    for (const tensor of file.tensors.keys())
      expect(file.readFloat32(tensor).every(Number.isFinite), tensor).toBe(true);
    file.close();
  });

  test('that is done cannot be resumed', async () => {
    const { code, stderr } = await cli(['resume', reference], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^unsmooth: \[RUN_NOT_RESUMABLE\] /);
  });

  test('whose worker cannot open its data fails with the file named, and is kept as failed or not at all', async () => {
    const data = path.join(folder, 'broken-data');
    mkdirSync(data);
    writeFileSync(path.join(data, 'train-images-idx3-ubyte'), 'not idx');
    const settings = ['--set', 'data.kind=idx', '--set', `data.path=${data}`];
    const { code, stderr } = await cli(['train', recipeFile, '--runs', runsFolder('broken'), ...settings], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^unsmooth: \[DATASET_INVALID\] .*train-images-idx3-ubyte/m);
  });

  test('its checkpoint can be evaluated, diagnosed, compared and reported', async () => {
    const evaluated = await cli(['evaluate', reference, '--data', 'mnist', '--images', '64', '--json'], env);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    const { summary } = viewOf(reference).run;
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ images: 64, top1: summary['val/top1'] });

    const out = path.join(folder, 'diagnosis.json');
    const args = ['diagnose', reference, '--data', 'mnist', '--images', '8', '--tap', 'norm', '--out', out, '--json'];
    const diagnosed = await cli(args, env);
    expect(diagnosed.code, diagnosed.stderr).toBe(0);
    const value = JSON.parse(readFileSync(out, 'utf8'));
    expect(JSON.parse(diagnosed.stdout)).toEqual(value);
    const last = readLayers(reference).lines.findLast((l) => l.tap === 'norm');
    for (const [layer, similarity] of (last?.metrics.cos_abs ?? []).entries())
      expect(value.metrics.cos_abs[layer]).toBeCloseTo(Number(similarity), 5);

    const compared = await cli(['compare', reference, out, '--json'], env);
    expect(compared.code, compared.stderr).toBe(0);
    expect(JSON.parse(compared.stdout).items.map((i: { kind: string }) => i.kind)).toEqual(['run', 'diagnosis']);
  });
});
