// The model, its losses and their gradients against timm and PyTorch in float64 (tests/fixtures/golden), through the compiled engine.
import { describe, expect, it } from 'vitest';
import type { Tap } from '../../contract/recipe.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import { forwardFunction } from '../../native-worker/training/forward.ts';
import { channelsLast, golden, goldenModel, relativeError } from './golden.ts';

const forwardTolerance = 1e-5;
const gradientTolerance = 1e-4;

/** vit-tiny compiled by XLA; vit-deep as a TensorFlow graph, since compiling 12 layers takes long. */
async function run(name: string, tap: Tap, grads: [number, number, number, number] | null) {
  const model = goldenModel(`${name}.safetensors`);
  const { values } = golden(`${name}-forward.safetensors`);
  const fn = forwardFunction(model, 4, { labels: true, patchTargets: true, losses: true, tap, grads });
  const executor = await createExecutor(
    { calls: [{ name: 'forward', fn }] },
    { engine: 'cpu', form: name === 'vit-tiny' ? 'xla' : 'graph' },
  );
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

const sets = {
  'vit-tiny': ['1,0,0,0', '0,1,0,0', '0,0,1,0', '0,0,0,1', '1,1,1,1'],
  'vit-deep': ['1,0,0,0', '0,1,0,0', '1,1,1,1'],
};

describe.each(['vit-tiny', 'vit-deep'] as const)('%s against timm', (name) => {
  it('gives the logits, the tokens of every layer and each loss', async () => {
    const { model, out, want } = await run(name, 'norm', null);
    const names = ['logits', 'tokens.norm', ...Array.from({ length: model.depth + 1 }, (_, i) => `tokens.${i}`)];
    for (const k of names) expect(relativeError(out[k]!, want[k]!), k).toBeLessThan(forwardTolerance);
    for (const k of ['loss_ce', 'loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'])
      expect(relativeError(out[k]!, want[k]!), k).toBeLessThan(forwardTolerance);
  });

  it('gives each loss before the final LayerNorm', async () => {
    const { out, want } = await run(name, 'block', null);
    for (const k of ['loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'])
      expect(relativeError(out[k]!, want[`${k}.block`]!), k).toBeLessThan(forwardTolerance);
  });

  it.each(sets[name])('gives the gradient of every parameter, weights %s', async (set) => {
    const { out, want } = await run(name, 'norm', set.split(',').map(Number) as [number, number, number, number]);
    expectGradients(out, want, `grad.${set}.`);
  });
});

it('gives the gradients of the losses before the final LayerNorm', async () => {
  const { out, want } = await run('vit-tiny', 'block', [1, 1, 1, 1]);
  expectGradients(out, want, 'grad_block.1,1,1,1.');
});

/** Relative to the parameter's largest gradient; one that is zero in theory, to the largest of the set. */
function expectGradients(
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
