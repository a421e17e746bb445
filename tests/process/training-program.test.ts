// The training program on real data: it learns, its tensors stay flat, and the same seed gives the same bits, under load too.
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import type { RecipeInput } from '../../contract/recipe.ts';
import { optimiserInputs } from '../../native-worker/training/batches.ts';
import { evaluate } from '../../native-worker/training/evaluation.ts';
import { initialState } from '../../native-worker/training/initial.ts';
import { type SmallRun, smallRun } from './training-program.fixtures.ts';

it('keeps the number of tensors flat over 2,000 steps, and learns', async () => {
  const run = await smallRun({
    augment: { hflip: 0.1, crop_padding: 1, smoothing: 0.1 },
    model: { drop_path: 0.1 },
    optim: { lr: 3e-3, warmup_epochs: 0.02 },
    train: { max_steps: 2000 },
    data: { val_limit: 1000 },
  });
  try {
    const first = await run.step(0);
    const tensors = run.executor.tensorCount();
    let last = first;
    for (let i = 1; i < 2000; i++) last = await run.step(i);
    expect(run.executor.tensorCount()).toBe(tensors);
    expect(last.loss![0]).toBeLessThan(first.loss![0]! - 0.5);
    const accuracy = await evaluate(run.executor, 'eval', run.validation);
    expect(accuracy.images).toBe(1000);
    expect(accuracy.top1).toBeGreaterThan(50);
    expect(accuracy.top5).toBeGreaterThan(accuracy.top1);
  } finally {
    run.executor.dispose();
  }
});

it.each(['xla', 'graph'] as const)(
  'gives identical bits twice in a row and under load (%s)',
  async (form) => {
    const open = () => smallRun({ model: { depth: 1 }, optim: { model_ema: true } }, form);
    const weightsAfter = async (run: SmallRun) => {
      await run.executor.put(initialState(run.plan, run.plan.recipe.seed));
      for (let i = 0; i < 40; i++) await run.step(i);
      return run.weights();
    };
    const first = await open();
    const quiet = await weightsAfter(first);
    first.executor.dispose();
    const second = await open();
    expect(await weightsAfter(second)).toEqual(quiet);
    const load = [1, 2, 3].map(() => spawn(process.execPath, ['-e', 'for (;;) Math.sqrt(Math.random());']));
    try {
      expect(await weightsAfter(second)).toEqual(quiet);
    } finally {
      for (const p of load) p.kill('SIGKILL');
      second.executor.dispose();
    }
  },
  180_000,
);

it('accumulates gradients: two halves give the step of the whole', async () => {
  const recipe: RecipeInput = { losses: { patch_mixing: 0 }, data: { order: 'sequential' } };
  const whole = await smallRun(recipe, 'graph');
  const halves = await smallRun({ ...recipe, train: { batch_size: 8, grad_accum: 2 } }, 'graph');
  try {
    await whole.step(0);
    for (const i of [0, 1])
      await halves.executor.call('accumulate', { ...(await halves.batches(i)), first: Float32Array.of(1 - i) });
    await halves.executor.call('apply', optimiserInputs(halves.plan, 0));
    const [a, b] = [await whole.weights(), await halves.weights()];
    for (const k of Object.keys(a)) {
      if (/qkv\.bias/.test(k)) continue; // the key part's gradient is rounding noise, which Adam makes a step of
      const worst = Math.max(...Array.from(a[k]!, (x, i) => Math.abs(x - b[k]![i]!)));
      expect(worst, k).toBeLessThan(2e-5);
    }
  } finally {
    whole.executor.dispose();
    halves.executor.dispose();
  }
});
