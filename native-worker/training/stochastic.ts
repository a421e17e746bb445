// What changes from pass to pass beside the batch: stochastic depth, dropout's step, the patch losses' share of their weights. A
// function of (seed, step) alone.
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Recipe } from '../../contract/recipe.ts';
import { keyedRandom, streams } from '../../core/random.ts';
import { dropoutMask } from '../engine/dropout-mask.ts';
import type { Specs, Values } from '../engine/spec.ts';
import { patchHeadDropRate } from '../losses/reference-code.ts';
import { type DropSite, dropoutBy, dropPathRates, type Noise } from '../models/noise.ts';
import type { Plan } from './plan.ts';

/** Dropout by kind of site. */
function dropRates({ model, losses }: Recipe): Record<DropSite, number> {
  const pooled = losses.definition === 'reference-code' && losses.patch_mixing > 0;
  return {
    pos: model.pos_drop_rate,
    attn: model.attn_drop_rate,
    proj: model.proj_drop_rate,
    head: model.drop_rate,
    patch_head: pooled ? patchHeadDropRate : 0,
  };
}
const hasDropout = (recipe: Recipe): boolean => Object.values(dropRates(recipe)).some((rate) => rate > 0);
const hasSchedule = ({ losses }: Recipe): boolean => losses.warmup_epochs > 0 || losses.off_after_epoch !== null;

/** What stochasticInputs gives for this plan: drop_path (2·depth, B), dropout_step and loss_factor (scalars), each where it is needed. */
export function stochasticSpecs({ recipe, model, batch }: Plan): Specs {
  return {
    ...(recipe.model.drop_path > 0 ? { drop_path: { shape: [2 * model.depth, batch], dtype: 'float32' } } : {}),
    ...(hasDropout(recipe) ? { dropout_step: { shape: [], dtype: 'int32' } } : {}),
    ...(hasSchedule(recipe) ? { loss_factor: { shape: [], dtype: 'float32' } } : {}),
  };
}

/** The inputs of forward pass `microStep`, from 0. */
export function stochasticInputs(plan: Plan, microStep: number): Values {
  const { recipe, model, batch } = plan;
  const values: Values = {};
  if (recipe.model.drop_path > 0)
    values.drop_path = dropPathFactors(
      dropPathRates(model.depth, recipe.model.drop_path),
      batch,
      recipe.seed,
      microStep,
    );
  if (hasDropout(recipe)) values.dropout_step = Int32Array.of(microStep);
  if (hasSchedule(recipe))
    values.loss_factor = Float32Array.of(lossFactor(plan, Math.floor(microStep / recipe.train.grad_accum)));
  return values;
}

/** (2·depth, B): 0 with the block's rate, else 1/(1 - rate); drawn per image and branch. */
function dropPathFactors(rates: readonly number[], batch: number, seed: number, microStep: number): Float32Array {
  const factors = new Float32Array(2 * rates.length * batch);
  for (let i = 0; i < batch; i++) {
    const random = keyedRandom(seed, streams.dropPath, microStep, i);
    for (let row = 0; row < 2 * rates.length; row++) {
      const rate = rates[row >> 1] as number;
      factors[row * batch + i] = random.bernoulli(rate) ? 0 : 1 / (1 - rate);
    }
  }
  return factors;
}

/** What the patch losses' weights are multiplied by at optimiser step `step`: linear from 0 over warmup_epochs, 0 after off_after_epoch. */
export function lossFactor({ recipe, stepsPerEpoch }: Plan, step: number): number {
  const { warmup_epochs, off_after_epoch } = recipe.losses;
  const epoch = step / stepsPerEpoch;
  if (off_after_epoch !== null && epoch >= off_after_epoch) return 0;
  return warmup_epochs > 0 ? Math.min(1, epoch / warmup_epochs) : 1;
}

/** The noise of a traced forward pass from its inputs. Sites are counted anew in each, so call it once a pass. */
export function noiseOf(
  { recipe }: Plan,
  inputs: { dropPath?: Noise['dropPath']; dropoutStep?: Tensor | undefined },
): Noise {
  const { dropPath, dropoutStep } = inputs;
  if (!dropoutStep) return { dropPath };
  const { seed } = recipe;
  const mask = (shape: readonly number[], rate: number, site: number) =>
    dropoutMask(shape, dropoutStep, { seed, site, rate });
  return { dropPath, dropout: dropoutBy(dropRates(recipe), mask) };
}
