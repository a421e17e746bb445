// The webgpu engine: every kernel, a whole training step and a Vision Transformer's gradients, on a software adapter where there is one.
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { trace } from '../../../native-worker/engine/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { eager, kernelCases, valuesFor } from '../../unit/engine/kernel-cases.ts';
import { expectForward, expectGradients, runGolden } from '../golden-forward.ts';
import { expectTenSteps, startSteps, stepsPlan } from '../golden-steps.ts';
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
    expectForward(model, out, want);
    expectGradients(out, want, 'grad.1,1,1,1.');
  });

  it('follows PyTorch for ten steps, leaking nothing', async () => {
    const plan = stepsPlan(8, 1, null, true);
    const executor = await startSteps(plan, options);
    try {
      const counts = await expectTenSteps(executor, plan);
      expect(new Set(counts.slice(1)).size).toBe(1);
    } finally {
      executor.dispose();
    }
  });
});
