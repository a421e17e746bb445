// The model, its losses and their gradients against timm and PyTorch in float64 (tests/fixtures/golden), through the compiled engine.
import { describe, expect, it } from 'vitest';
import { relativeError } from './golden.ts';
import { expectForward, expectGradients, forwardTolerance, runGolden } from './golden-forward.ts';

const sets = {
  'vit-tiny': ['1,0,0,0', '0,1,0,0', '0,0,1,0', '0,0,0,1', '1,1,1,1'],
  'vit-deep': ['1,0,0,0', '0,1,0,0', '1,1,1,1'],
};

/** Under XLA each call is a compile of seconds: what trains (all losses) and the plain forward pass are; single terms run as a graph. */
const graph = { engine: 'cpu', form: 'graph' } as const;

describe.each(['vit-tiny', 'vit-deep'] as const)('%s against timm', (name) => {
  it('gives the logits, the tokens of every layer and each loss', async () => {
    const { model, out, want } = await runGolden(name, 'norm', null);
    expectForward(model, out, want);
  });

  it('gives each loss before the final LayerNorm', async () => {
    const { out, want } = await runGolden(name, 'block', null, graph);
    for (const k of ['loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'])
      expect(relativeError(out[k]!, want[`${k}.block`]!), k).toBeLessThan(forwardTolerance);
  });

  it.each(sets[name])('gives the gradient of every parameter, weights %s', async (set) => {
    const weights = set.split(',').map(Number) as [number, number, number, number];
    const { out, want } = await runGolden(name, 'norm', weights, set === '1,1,1,1' ? undefined : graph);
    expectGradients(out, want, `grad.${set}.`);
  });
});

it('gives logits, tokens, losses and gradients by replay on wasm', async () => {
  const { model, out, want } = await runGolden('vit-tiny', 'norm', [1, 1, 1, 1], { engine: 'wasm' });
  expectForward(model, out, want);
  expectGradients(out, want, 'grad.1,1,1,1.');
});

it('gives the gradients of the losses before the final LayerNorm', async () => {
  const { out, want } = await runGolden('vit-tiny', 'block', [1, 1, 1, 1], graph);
  expectGradients(out, want, 'grad_block.1,1,1,1.');
});
