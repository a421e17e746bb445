// What the loop does at which step, without an engine: what is due happens once, also after a resume; how a run ends; what diverged means.
// The engine is a fake, so that a loss may be NaN when a test wants it; folder, plan and data are real.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import type { FromWorker } from '../../contract/worker-api.ts';
import { readLayers, readMetrics } from '../../main/runs/series.ts';
import { checkpointsOf } from '../../main/runs/view.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { ControlReader, ControlWriter, newControlMemory } from '../../native-worker/control.ts';
import { pixelSplit } from '../../native-worker/data/sources/pixels.ts';
import type { Executor } from '../../native-worker/engine/executor.ts';
import { sizeOf, type Values } from '../../native-worker/engine/spec.ts';
import { RunFolder } from '../../native-worker/run-folder/run-folder.ts';
import { trainingLoop } from '../../native-worker/training/loop.ts';
import { makePlan } from '../../native-worker/training/plan.ts';
import { variableNames } from '../../native-worker/training/program.ts';
import { RunRecord } from '../../native-worker/training/record.ts';
import { tinyRun } from './run-folder.fixtures.ts';
import { evaluationFeed, looks } from './streams.ts';

const folder = mkdtempSync(join(tmpdir(), 'loop-'));
afterAll(() => rmSync(folder, { recursive: true }));

const split = pixelSplit('train', new Int32Array(40), {
  kind: 'pixels',
  pixels: new Uint8Array(160),
  width: 2,
  height: 2,
  channels: 1,
  file: '',
});

interface World {
  recipe?: RecipeInput;
  from?: number;
  /** Loss of a step, counted from 1. */
  loss?: (step: number) => number;
  /** Every value of a variable after a step. */
  value?: (name: string, step: number) => number;
  /** Asked for when a step was computed (0: before the first). */
  ask?: (step: number, writer: ControlWriter) => void;
  /** Asked for when the run says something. */
  answer?: (message: FromWorker, writer: ControlWriter) => void;
}

let made = 0;
const lastFolder = () => join(folder, String(made - 1));
/** 4 steps an epoch, 10 in all unless the recipe says otherwise. */
async function train({
  recipe = {},
  from = 0,
  loss = () => 1,
  value = () => 0,
  ask = () => undefined,
  answer = () => undefined,
}: World) {
  const parsed = parseRecipe({
    ...recipe,
    data: { img_size: 2 },
    model: { patch_size: 1, embed_dim: 2, depth: 1, num_heads: 1 },
    train: { batch_size: 10, max_steps: 10, checkpoint_every_epochs: null, ...recipe.train },
    probe: { every_steps: 3, every_epochs: null, images: 3, ...recipe.probe },
  });
  const plan = makePlan(parsed, { classes: 10, channels: 1, size: split.size, trainImages: split.count });
  const run = RunFolder.create(join(folder, String(made++)), { ...tinyRun(), recipe: parsed }, '');
  const memory = newControlMemory();
  const writer = new ControlWriter(memory);
  const called: string[] = [];
  let step = from;
  const { trained, moments, ema } = variableNames(plan);
  const shapes = { ...trained, ...moments, ...ema };
  const batch = plan.evalBatch;
  const answers: Record<string, () => Values> = {
    train: () => {
      const term = Float32Array.of(loss(++step));
      return { loss: term, loss_ce: Float32Array.of(1), loss_patch_cosine: term, top1: Float32Array.of(0.5) };
    },
    eval: () => ({ loss: new Float32Array(batch), rank: new Float32Array(batch).fill(1) }),
    probe: () =>
      Object.fromEntries(
        parsed.probe.taps.flatMap((tap) =>
          parsed.probe.metrics.map((m) => [`${m}.${tap}`, new Float32Array(2 * batch)]),
        ),
      ),
  };
  const executor: Executor = {
    description: { engine: 'cpu', form: 'graph', version: '', device: 'cpu' },
    put: async () => undefined,
    get: async (names) =>
      Object.fromEntries(names.map((n) => [n, new Float32Array(sizeOf(shapes[n] ?? [])).fill(value(n, step))])),
    call: async (name) => {
      const answer = answers[name]!();
      called.push(name === 'train' ? name : `${name}@${step}`);
      if (name === 'train') ask(step, writer);
      return answer;
    },
    tensorCount: () => 0,
    dispose: () => undefined,
  };
  const context = { emit: (m: FromWorker) => answer(m, writer), control: new ControlReader(memory) };
  const record = new RunRecord(run, context);
  ask(from, writer);
  const measured = (images: number) => ({
    feed: evaluationFeed(split, looks(2), batch, images),
    split: 'train',
    images,
    batch,
  });
  try {
    const status = await trainingLoop(
      {
        plan,
        executor,
        folder: run,
        record,
        context,
        batches: async () => ({}),
        validation: measured(5),
        probeSet: measured(3),
        trainedBefore: 0,
      },
      from,
    );
    return { status, called, run, record };
  } finally {
    run.close();
  }
}

const at = (called: string[], name: string) =>
  called.filter((c) => c.startsWith(`${name}@`)).map((c) => Number(c.split('@')[1]));
const trained = (called: string[]) => called.filter((c) => c === 'train').length;
const logged = (run: { dir: string }) => readMetrics(run.dir).lines.map((l) => l.step);
const saved = (run: { dir: string }) => checkpointsOf(run.dir).map((c) => c.step);
const probed = (run: { dir: string }) => readLayers(run.dir).lines.flatMap((l) => (l.tap === 'norm' ? [l.step] : []));

describe('a run', () => {
  it('measures, probes, logs and saves where it is due, and at the end', async () => {
    const { status, called, run } = await train({
      recipe: { train: { log_every_steps: 3, checkpoint_every_steps: 4, keep_checkpoints: 9 } },
    });
    expect(status).toBe('done');
    expect(trained(called)).toBe(10);
    expect(at(called, 'eval')).toEqual([4, 8, 10]);
    expect(at(called, 'probe')).toEqual([0, 3, 6, 9, 10]);
    expect(probed(run)).toEqual([0, 3, 6, 9, 10]);
    expect(logged(run)).toEqual([3, 4, 6, 8, 9, 10]);
    expect(saved(run)).toEqual([4, 8, 10]);
  });

  it('does once what is due twice over', async () => {
    const { called, run } = await train({
      recipe: {
        train: { max_steps: 8, checkpoint_every_steps: 4, checkpoint_every_epochs: 1, eval_every_epochs: 2 },
        probe: { every_steps: 4, every_epochs: 1 },
      },
    });
    expect(at(called, 'eval')).toEqual([8]);
    expect(at(called, 'probe')).toEqual([0, 4, 8]);
    expect(saved(run)).toEqual([4, 8]);
  });

  it('gone on with from any step does the rest, as if never interrupted', async () => {
    const recipe: RecipeInput = { train: { log_every_steps: 3, checkpoint_every_steps: 4, keep_checkpoints: 99 } };
    const whole = await train({ recipe });
    for (let from = 1; from < 10; from++) {
      const { called, run } = await train({ recipe, from });
      expect(trained(called)).toBe(10 - from);
      const later = (list: number[]) => list.filter((s) => s > from);
      expect(at(called, 'eval')).toEqual(later(at(whole.called, 'eval')));
      expect(at(called, 'probe')).toEqual(later(at(whole.called, 'probe')));
      expect(logged(run)).toEqual(later(logged(whole.run)));
      expect(saved(run)).toEqual(later(saved(whole.run)));
    }
  });

  it('gone on with at its last step is done without a step', async () => {
    const { status, called, run } = await train({ from: 10 });
    expect({ status, called, saved: saved(run) }).toEqual({ status: 'done', called: [], saved: [] });
  });
});

describe('a run that is asked', () => {
  it('to stop before its first step computes none and saves nothing', async () => {
    const { status, called, run } = await train({ ask: (_, w) => w.end('stop') });
    expect({ status, steps: trained(called), saved: saved(run) }).toEqual({ status: 'stopped', steps: 0, saved: [] });
  });
  it.each([
    ['stop', 'stopped'],
    ['interrupt', 'interrupted'],
  ] as const)('to %s is %s with its step saved once', async (how, ending) => {
    const { status, run, record } = await train({ ask: (step, w) => step === 7 && w.end(how) });
    expect({ status, saved: saved(run) }).toEqual({ status: ending, saved: [7] });
    expect(record.run.progress?.step).toBe(7);
  });
  it('to stop while its last step runs is done', async () => {
    const { status, run } = await train({ ask: (step, w) => step === 10 && w.end('stop') });
    expect({ status, saved: saved(run) }).toEqual({ status: 'done', saved: [10] });
  });
  it('for a checkpoint while it is paused saves one at once, and its clock stands', async () => {
    let now = 0;
    const time = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { status, run } = await train({
      ask: (step, w) => step === 4 && w.pause(true),
      answer: (m, w) => {
        if (m.type === 'status' && m.status === 'paused') {
          now += 1000;
          w.requestCheckpoint();
        }
        if (m.type === 'checkpoint' && m.step === 4) w.pause(false);
      },
    }).finally(() => time.mockRestore());
    expect({ status, saved: saved(run) }).toEqual({ status: 'done', saved: [4, 10] });
    expect(readMetrics(run.dir).lines.map((l) => l.wall)).toEqual(new Array(10).fill(0));
    const state = readSafetensors(join(run.dir, 'checkpoints', checkpointsOf(run.dir)[0]!.state));
    expect(state.metadata.trained_s).toBe('0');
    state.close();
  });
  it('for a checkpoint saves one after the step', async () => {
    const { run } = await train({ ask: (step, w) => step === 2 && w.requestCheckpoint() });
    expect(saved(run)).toEqual([2, 10]);
  });
});

describe('a run that diverges', () => {
  const every = { train: { checkpoint_every_steps: 1, keep_checkpoints: 99 } };
  it.each([1, 6, 10])('at step %i names the term and the step, and saves and logs nothing of it', async (bad) => {
    const failing = train({ recipe: every, loss: (step) => (step === bad ? Number.NaN : 1) });
    await expect(failing).rejects.toMatchObject({
      code: 'RUN_DIVERGED',
      message: `loss_patch_cosine became NaN at step ${bad}`,
    });
    const dir = { dir: lastFolder() };
    const before = Array.from({ length: bad - 1 }, (_, i) => i + 1);
    expect({ saved: saved(dir), logged: logged(dir) }).toEqual({ saved: before, logged: before });
  });

  it.each(['head.weight', 'patch_head.bias', 'v/head.weight'])(
    'in %s alone keeps the checkpoint before it',
    async (broken) => {
      const value = (name: string, step: number) => (name === broken && step === 5 ? Number.POSITIVE_INFINITY : 0);
      await expect(train({ recipe: every, value })).rejects.toMatchObject({
        code: 'RUN_DIVERGED',
        message: `${broken} stopped being finite at step 5`,
      });
      expect(saved({ dir: lastFolder() })).toEqual([1, 2, 3, 4]);
    },
  );
});
