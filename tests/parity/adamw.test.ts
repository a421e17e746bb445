// Ten optimiser steps on sequential data against PyTorch in float64: AdamW with timm's groups, EMA, clipping and accumulation.
import { expect, it } from 'vitest';
import { optimiserInputs } from '../../native-worker/training/batches.ts';
import { golden, relativeError } from './golden.ts';
import {
  expectTenSteps,
  expectWeights,
  lossNames,
  lossTolerance,
  startedFrom,
  startSteps,
  stepsBatch,
  stepsFile,
  stepsPlan,
} from './golden-steps.ts';

const engines = [
  { name: 'xla', options: { engine: 'cpu', form: 'xla' } },
  { name: 'graph', options: { engine: 'cpu', form: 'graph' } },
  { name: 'wasm', options: { engine: 'wasm' } },
] as const;

it.each(engines)('follows PyTorch for ten steps on $name, average of the weights included', async ({ options }) => {
  const p = stepsPlan(8, 1, null, true);
  const executor = await startSteps(p, options);
  try {
    await expectTenSteps(executor, p);
    const averages = Object.entries(golden(stepsFile, 'plain.ema.').values).filter(([k]) => k in p.weights);
    const average = Object.fromEntries(averages);
    const got = await executor.get(Object.keys(average).map((k) => `ema/${k}`));
    expectWeights(Object.fromEntries(Object.keys(average).map((k) => [k, got[`ema/${k}`]!])), average, startedFrom());
  } finally {
    executor.dispose();
  }
});

it('follows PyTorch with accumulated and clipped gradients', async () => {
  const p = stepsPlan(4, 2, 1, false);
  const executor = await startSteps(p);
  const all = golden(stepsFile).values;
  try {
    for (let t = 0; t < 10; t++) {
      const sums = lossNames.map(() => 0);
      for (const half of [0, 1]) {
        const out = await executor.call('accumulate', {
          ...stepsBatch(all, t, 4 * half, 4 * half + 4),
          first: Float32Array.of(1 - half),
        });
        lossNames.forEach((k, j) => {
          sums[j]! += out[k]![0]! / 2;
        });
      }
      const applied = await executor.call('apply', optimiserInputs(p, t));
      const want = all['clipped.losses']!.slice(4 * t, 4 * t + 4);
      expect(relativeError(sums, want), `losses at step ${t}`).toBeLessThan(10 * lossTolerance);
      expect(relativeError(applied.grad_norm!, [all['clipped.grad_norm']![t]!]), `norm at step ${t}`).toBeLessThan(
        1e-4,
      );
    }
    const want = golden(stepsFile, 'clipped.weights.').values;
    expectWeights(await executor.get(Object.keys(want)), want, startedFrom());
  } finally {
    executor.dispose();
  }
});
