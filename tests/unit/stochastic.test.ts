// What changes from pass to pass: keyed by seed and step, asked for only where a recipe needs it.
import { describe, expect, test } from 'vitest';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { tf } from '../../native-worker/engine/tfjs.ts';
import { dropoutBy } from '../../native-worker/models/noise.ts';
import { makePlan } from '../../native-worker/training/plan.ts';
import { lossFactor, stochasticInputs, stochasticSpecs } from '../../native-worker/training/stochastic.ts';

/** 10 optimiser steps an epoch. */
const planOf = (input: RecipeInput) =>
  makePlan(parseRecipe({ ...input, train: { batch_size: 4, ...input.train } }), {
    classes: 10,
    channels: 1,
    size: null,
    trainImages: 40 * (input.train?.grad_accum ?? 1),
  });

describe('inputs beside the batch', () => {
  test('none for a plain recipe', () => {
    const plan = planOf({});
    expect(stochasticSpecs(plan)).toEqual({});
    expect(stochasticInputs(plan, 3)).toEqual({});
  });

  test.each<[string, RecipeInput, string[]]>([
    ['drop path', { model: { drop_path: 0.2 } }, ['drop_path']],
    ['head dropout', { model: { drop_rate: 0.1 } }, ['dropout_step']],
    ['embedding dropout', { model: { pos_drop_rate: 0.1 } }, ['dropout_step']],
    ['projection dropout', { model: { proj_drop_rate: 0.1 } }, ['dropout_step']],
    ['attention dropout', { model: { attn_drop_rate: 0.1 } }, ['dropout_step']],
    ["the reference code's mixing", { losses: { definition: 'reference-code' } }, ['dropout_step']],
    ['its other losses', { losses: { definition: 'reference-code', patch_mixing: 0 } }, []],
    ['a warm-in', { losses: { warmup_epochs: 1 } }, ['loss_factor']],
    ['an end', { losses: { off_after_epoch: 1 } }, ['loss_factor']],
  ])('%s', (_, input, names) => {
    const plan = planOf(input);
    expect(Object.keys(stochasticSpecs(plan))).toEqual(names);
    expect(Object.keys(stochasticInputs(plan, 5))).toEqual(names);
  });

  test('drop path: the same for the same seed and pass, another otherwise; the first block keeps all, the mean is 1', () => {
    const plan = planOf({ model: { drop_path: 0.5, depth: 3 } });
    const at = (pass: number) => stochasticInputs(plan, pass).drop_path!;
    expect(at(7)).toEqual(at(7));
    expect(at(7)).not.toEqual(at(8));
    expect(
      at(7)
        .slice(0, 8)
        .every((v) => v === 1),
    ).toBe(true);
    const last = Array.from({ length: 2000 }, (_, pass) => [...at(pass).slice(16)]).flat();
    expect(new Set(last)).toEqual(new Set([0, 2]));
    expect(last.reduce((a, b) => a + b, 0) / last.length).toBeCloseTo(1, 1);
  });
});

describe('the schedule of the patch losses', () => {
  test('rises linearly from 0, and ends', () => {
    const plan = planOf({ losses: { warmup_epochs: 2, off_after_epoch: 3 } });
    expect([0, 5, 10, 19, 20, 29, 30, 1000].map((step) => lossFactor(plan, step))).toEqual([
      0, 0.25, 0.5, 0.95, 1, 1, 0, 0,
    ]);
  });
  test('goes by optimiser steps, not by passes', () => {
    const plan = planOf({ losses: { warmup_epochs: 1 }, train: { grad_accum: 3 } });
    const factors = [0, 2, 3, 5, 6].map((pass) => stochasticInputs(plan, pass).loss_factor![0]!);
    [0, 0, 0.1, 0.1, 0.2].forEach((want, i) => {
      expect(factors[i]).toBeCloseTo(want, 6);
    });
  });
});

test('sites of dropout are counted whether they drop or not', async () => {
  await tf.setBackend('cpu');
  const rates = { pos: 0, attn: 0.5, proj: 0, head: 0.1, patch_head: 0 };
  const asked: [number, number][] = [];
  const drop = dropoutBy(rates, (shape, rate, site) => {
    asked.push([site, rate]);
    return tf.ones([...shape]);
  });
  const x = tf.ones([2]);
  expect(drop(x, 'pos')).toBe(x);
  for (const site of ['attn', 'proj', 'head'] as const) drop(x, site);
  expect(asked).toEqual([
    [1, 0.5],
    [3, 0.1],
  ]);
});
