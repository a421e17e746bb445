// Schedule, parameter groups and drop path rates against timm's own (tests/fixtures/golden/schedule.json).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dropPathRates } from '../../native-worker/models/noise.ts';
import { vitParameters } from '../../native-worker/models/vit-config.ts';
import { biasCorrections, isDecayed } from '../../native-worker/optim/adamw.ts';
import { learningRate } from '../../native-worker/optim/schedule.ts';
import { isDue } from '../../native-worker/training/plan.ts';

interface Timm {
  schedules: { lr: number; steps: number; warmup: number; warmup_lr: number; min_lr: number; lr_per_step: number[] }[];
  param_groups: { decay: string[]; no_decay: string[] };
  drop_path: { rate: number; depth: number; per_block: number[] }[];
}
const timm: Timm = JSON.parse(readFileSync(new URL('../fixtures/golden/schedule.json', import.meta.url), 'utf8'));

it.each(timm.schedules)('cosine as timm: $steps steps, $warmup of warm-up', ({ lr_per_step, warmup, ...o }) => {
  lr_per_step.forEach((want, t) => {
    expect(learningRate({ ...o, sched: 'cosine', warmupSteps: warmup }, t), `step ${t}`).toBeCloseTo(want, 12);
  });
});

it('keeps the rate after warm-up when constant', () => {
  const o = { sched: 'constant', lr: 0.5, warmup_lr: 0, min_lr: 0, warmupSteps: 2, steps: 4 } as const;
  expect([0, 1, 2, 3, 9].map((t) => learningRate(o, t))).toEqual([0, 0.25, 0.5, 0.5, 0.5]);
});

it('decays what timm decays', () => {
  const model = {
    img_size: 16,
    patch_size: 4,
    in_chans: 3,
    num_classes: 10,
    embed_dim: 32,
    depth: 2,
    num_heads: 4,
    mlp_ratio: 4,
  };
  const shapes = { ...vitParameters(model), 'patch_head.weight': [10, 32], 'patch_head.bias': [10] };
  const names = Object.entries(shapes);
  expect(
    names
      .filter(([k, s]) => isDecayed(k, s))
      .map(([k]) => k)
      .sort(),
  ).toEqual(timm.param_groups.decay);
  expect(
    names
      .filter(([k, s]) => !isDecayed(k, s))
      .map(([k]) => k)
      .sort(),
  ).toEqual(timm.param_groups.no_decay);
});

it.each(timm.drop_path)('drop path rises as in timm: rate $rate, depth $depth', ({ rate, depth, per_block }) => {
  const got = dropPathRates(depth, rate);
  expect(got).toHaveLength(depth);
  got.forEach((r, i) => {
    expect(r).toBeCloseTo(per_block[i]!, 7);
  });
});

describe('bookkeeping', () => {
  it('corrects the bias of the moments from the first step', () => {
    const { correction1, correction2 } = biasCorrections([0.9, 0.999], 1);
    expect(correction1).toBeCloseTo(0.1, 12);
    expect(correction2).toBeCloseTo(Math.sqrt(0.001), 12);
  });
  it('is due each time a multiple is passed, fractions included', () => {
    const due = (every: number | null) => Array.from({ length: 10 }, (_, i) => i + 1).filter((s) => isDue(s, every));
    expect(due(3)).toEqual([3, 6, 9]);
    expect(due(2.5)).toEqual([3, 5, 8, 10]);
    expect(due(20)).toEqual([]);
    expect(due(null)).toEqual([]);
    expect(due(0.07 * 100), 'a product rounded up to 7.000000000000001').toEqual([7]);
    expect(due(0.5)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
