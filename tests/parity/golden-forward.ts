// The golden forward passes and gradients on any engine.
import { expect } from 'vitest';
import type { Tap } from '../../contract/recipe.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import type { VitConfig } from '../../native-worker/models/vit-config.ts';
import { forwardFunction } from '../../native-worker/training/forward.ts';
import { channelsLast, golden, goldenModel, relativeError } from './golden.ts';
import { lossNames } from './golden-steps.ts';

export const forwardTolerance = 1e-5;
const gradientTolerance = 1e-4;

/** By default vit-tiny compiled by XLA; vit-deep as a TensorFlow graph, since compiling 12 layers takes long. */
export async function runGolden(
  name: string,
  tap: Tap,
  grads: [number, number, number, number] | null,
  options: Parameters<typeof createExecutor>[1] = { engine: 'cpu', form: name === 'vit-tiny' ? 'xla' : 'graph' },
) {
  const model = goldenModel(`${name}.safetensors`);
  const { values } = golden(`${name}-forward.safetensors`);
  const fn = forwardFunction(model, 4, { labels: true, mixing: true, losses: 'paper', tap, grads });
  const executor = await createExecutor({ calls: [{ name: 'forward', fn }] }, options);
  try {
    const head = { 'patch_head.weight': values['patch_head.weight']!, 'patch_head.bias': values['patch_head.bias']! };
    await executor.put({ ...golden(`${name}.safetensors`).values, ...head });
    const images = channelsLast(values.images!, model.in_chans, model.img_size);
    const out = await executor.call('forward', {
      images,
      labels: values.labels!,
      patch_targets: values.patch_targets!,
    });
    return { model, out, want: values };
  } finally {
    executor.dispose();
  }
}

/** Logits, the tokens of every layer and each loss. */
export function expectForward(
  model: VitConfig,
  out: Record<string, ArrayLike<number>>,
  want: Record<string, ArrayLike<number>>,
) {
  const tokens = Array.from({ length: model.depth + 1 }, (_, i) => `tokens.${i}`);
  for (const k of ['logits', 'tokens.norm', ...tokens, ...lossNames])
    expect(relativeError(out[k]!, want[k]!), k).toBeLessThan(forwardTolerance);
}

/** Relative to the parameter's largest gradient; one that is zero in theory, to the largest of the set. */
export function expectGradients(
  out: Record<string, ArrayLike<number>>,
  want: Record<string, ArrayLike<number>>,
  prefix: string,
) {
  const expected = Object.entries(want).filter(([k]) => k.startsWith(prefix));
  expect(expected.length).toBeGreaterThan(20);
  const largestOf = (xs: ArrayLike<number>) => Array.from(xs).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
  const overall = Math.max(...expected.map(([, w]) => largestOf(w)));
  for (const [key, w] of expected) {
    const parameter = key.slice(prefix.length);
    const scale = largestOf(w) > 1e-6 * overall ? undefined : overall;
    expect(relativeError(out[`grad.${parameter}`]!, w, scale), parameter).toBeLessThan(gradientTolerance);
  }
}
