// The webgpu engine: every kernel, a whole training step and a Vision Transformer's gradients, on a software adapter where there is one.
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { trace } from '../../../native-worker/engine/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { optimiserInputs } from '../../../native-worker/training/batches.ts';
import { eager, kernelCases, valuesFor } from '../../unit/engine/kernel-cases.ts';
import { golden, relativeError } from '../golden.ts';
import { expectGradients, forwardTolerance, runGolden } from '../golden-forward.ts';
import {
  expectWeights,
  lossNames,
  lossTolerance,
  startedFrom,
  startSteps,
  stepsBatch,
  stepsFile,
  stepsPlan,
} from '../golden-steps.ts';
import { kernelError, withExecutor } from './engines.ts';
import { findAdapter } from './webgpu-adapter.ts';

const options = { engine: 'webgpu' } as const;
const found = await findAdapter();
const skipped = 'reason' in found;
const where = 'reason' in found ? `skipped: ${found.reason}` : found.device;
if (skipped) console.warn(`webgpu: ${where}`);

/** WGSL allows sin and cos an absolute error of 2^-11 within [-π, π] (https://www.w3.org/TR/WGSL/#floating-point-accuracy). */
const sinTolerance = 2 ** -11;
/** WGSL leaves log(0) open: SwiftShader gives a large finite number. */
const undefinedThere = ['isFinite [2,3,5]'];

const cases = kernelCases
  .filter((c) => !c.shapeOnly && !c.graphOnly && !undefinedThere.includes(c.name))
  .map((c, i) => ({ ...c, values: valuesFor(c.inputs, 7 * i + 1) }));

describe.skipIf(skipped)(`kernels on webgpu (${where})`, () => {
  it.each(cases)('$name', async (c) => {
    await tf.setBackend('cpu');
    const want = eager(c, c.values).values;
    const fn = trace('kernel', {}, c.inputs, (_, inputs) => ({ outputs: { y: c.run(inputs) } }));
    const got = await withExecutor({ calls: [{ name: 'kernel', fn }] }, options, (e) => e.call('kernel', c.values));
    expect(kernelError(got.y!, want)).toBeLessThan(/^(sin|cos) /.test(c.name) ? sinTolerance : 2e-6);
  });

  it('refuses a kernel it lacks before anything runs', async () => {
    const c = kernelCases.find((k) => k.graphOnly)!;
    const fn = trace('spectrum', {}, c.inputs, (_, inputs) => ({ outputs: { y: c.run(inputs) } }));
    await expect(withExecutor({ calls: [{ name: 'spectrum', fn }] }, options, async () => {})).rejects.toMatchObject({
      code: 'KERNEL_UNSUPPORTED',
      message: expect.stringContaining('SelfAdjointEigenvalues'),
    });
  });

  it('shares the tfjs-core that traces', () => {
    const copies = Object.keys(createRequire(import.meta.url).cache).filter((f) => f.includes('tf-core.node.js'));
    expect(new Set(copies.map((f) => createRequire(import.meta.url).cache[f]!.exports)).size).toBe(1);
  });
});

/** A software adapter computes at a twentieth of a GFLOP/s. */
const slow = { timeout: 300_000 };

describe.skipIf(skipped)(`a Vision Transformer on webgpu (${where})`, slow, () => {
  it('gives the logits, tokens, losses and gradients of timm', async () => {
    const { model, out, want } = await runGolden('vit-tiny', 'norm', [1, 1, 1, 1], options);
    const tokens = Array.from({ length: model.depth + 1 }, (_, i) => `tokens.${i}`);
    for (const k of ['logits', 'tokens.norm', ...tokens, ...lossNames])
      expect(relativeError(out[k]!, want[k]!), k).toBeLessThan(forwardTolerance);
    expectGradients(out, want, 'grad.1,1,1,1.');
  });

  it('follows PyTorch for ten steps, leaking nothing', async () => {
    const executor = await startSteps(stepsPlan(8, 1, null, true), options);
    const all = golden(stepsFile).values;
    const counts: number[] = [];
    try {
      for (let t = 0; t < 10; t++) {
        const at = optimiserInputs(stepsPlan(8, 1, null, true), t);
        const out = await executor.call('train', { ...stepsBatch(all, t, 0, 8), ...at });
        counts.push(executor.tensorCount());
        lossNames.forEach((k, j) => {
          expect(relativeError(out[k]!, [all['plain.losses']![4 * t + j]!]), `${k} at step ${t}`).toBeLessThan(
            10 * lossTolerance,
          );
        });
      }
      expect(new Set(counts.slice(1)).size).toBe(1);
      const want = golden(stepsFile, 'plain.weights.').values;
      expectWeights(await executor.get(Object.keys(want)), want, startedFrom());
    } finally {
      executor.dispose();
    }
  });
});
