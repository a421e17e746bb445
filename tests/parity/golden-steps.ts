// The optimiser steps of the golden file, through the program that trains, on any engine.
import { expect } from 'vitest';
import { parseRecipe } from '../../contract/recipe.ts';
import { createExecutor, type Executor } from '../../native-worker/engine/index.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import { patchCount } from '../../native-worker/models/vit-config.ts';
import { optimiserInputs } from '../../native-worker/training/batches.ts';
import { initialState } from '../../native-worker/training/initial.ts';
import { makePlan, type Plan } from '../../native-worker/training/plan.ts';
import { type Feed, trainOnlyProgram } from '../../native-worker/training/program.ts';
import { channelsLast, golden, goldenModel, relativeError } from './golden.ts';

export const stepsFile = 'vit-tiny-adamw.safetensors';
const updateTolerance = 1e-2;
export const lossTolerance = 1e-5;

/** The golden batches come with soft targets. */
const softFeed: Feed = {
  inputs: ({ model, batch }) => ({
    images: { shape: [batch, model.img_size, model.img_size, model.in_chans], dtype: 'float32' },
    targets: { shape: [batch, model.num_classes], dtype: 'float32' },
    patch_targets: { shape: [batch, patchCount(model), model.num_classes], dtype: 'float32' },
  }),
  tensors: (_, i) =>
    ({ images: i.images, targets: i.targets, patchTargets: i.patch_targets }) as ReturnType<Feed['tensors']>,
};

export function stepsPlan(batch: number, grad_accum: number, clip_grad: number | null, model_ema: boolean): Plan {
  const model = goldenModel('vit-tiny.safetensors');
  const { embed_dim, depth, num_heads, mlp_ratio, patch_size, img_size } = model;
  const recipe = parseRecipe({
    data: { img_size, mean: [0, 0, 0], std: [1, 1, 1] },
    model: { embed_dim, depth, num_heads, mlp_ratio, patch_size },
    optim: { lr: 2e-3, warmup_epochs: 3, warmup_lr: 1e-5, min_lr: 1e-4, clip_grad, model_ema, model_ema_decay: 0.99 },
    train: { batch_size: batch, grad_accum, max_steps: 10 },
  });
  return makePlan(recipe, { classes: 10, channels: 3, size: null, trainImages: 8 });
}

export async function startSteps(
  p: Plan,
  options: Parameters<typeof createExecutor>[1] = { engine: 'cpu', form: 'xla' },
): Promise<Executor> {
  const executor = await createExecutor(trainOnlyProgram(p, softFeed), options);
  const weights = { ...golden('vit-tiny.safetensors').values, ...golden(stepsFile, 'start.').values };
  const averages = p.recipe.optim.model_ema ? golden('vit-tiny.safetensors').values : {};
  await executor.put({
    ...initialState(p, 0),
    ...weights,
    ...Object.fromEntries(Object.entries(averages).map(([k, v]) => [`ema/${k}`, v])),
  });
  return executor;
}

/** Samples `from` to `to` of step `t`. */
export function stepsBatch(all: Values, t: number, from: number, to: number): Values {
  const part = (name: string, size: number) =>
    all[name]!.slice((t * 8 + from) * size, (t * 8 + to) * size) as Float32Array;
  return {
    images: channelsLast(part('images', 3 * 256), 3, 16),
    targets: part('targets', 10),
    patch_targets: part('patch_targets', 160),
  };
}

/** Ten steps of the golden file on `executor`, unclipped: rate, losses and weights as PyTorch's. Returns the tensors alive after each step. */
export async function expectTenSteps(executor: Executor, p: Plan): Promise<number[]> {
  const all = golden(stepsFile).values;
  const counts: number[] = [];
  for (let t = 0; t < 10; t++) {
    const at = optimiserInputs(p, t);
    expect(relativeError(at.lr!, [all.lr![t]!])).toBeLessThan(1e-6);
    const out = await executor.call('train', { ...stepsBatch(all, t, 0, 8), ...at });
    counts.push(executor.tensorCount());
    lossNames.forEach((k, j) => {
      expect(relativeError(out[k]!, [all['plain.losses']![4 * t + j]!]), `${k} at step ${t}`).toBeLessThan(
        10 * lossTolerance,
      );
    });
  }
  const want = golden(stepsFile, 'plain.weights.').values;
  expectWeights(await executor.get(Object.keys(want)), want, startedFrom());
  return counts;
}

/** Error of the update, relative to the largest update of the parameter; the key biases are left out, their gradient is rounding noise. */
export function expectWeights(got: Values, want: Values, started: Values) {
  for (const [name, expected] of Object.entries(want)) {
    const [w, s] = [got[name]!, started[name]!];
    const places = [...expected.keys()].filter(
      (i) => !/qkv\.bias$/.test(name) || i < expected.length / 3 || i >= (2 * expected.length) / 3,
    );
    const update = (x: Float32Array | Int32Array) => places.map((i) => x[i]! - s[i]!);
    expect(relativeError(update(w), update(expected)), name).toBeLessThan(updateTolerance);
  }
}

export const startedFrom = () => ({ ...golden('vit-tiny.safetensors').values, ...golden(stepsFile, 'start.').values });
export const lossNames = ['loss_ce', 'loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'];
