// The inputs of a training step: images from their feed, mixed, and what is drawn anew in each pass. All of it keyed by (seed, step).
import type { Feed } from '../data/feeder.ts';
import { createMixer, mixRule } from '../data/mix.ts';
import type { Values } from '../engine/spec.ts';
import { biasCorrections } from '../optim/adamw.ts';
import { learningRate } from '../optim/schedule.ts';
import type { Plan } from './plan.ts';
import { stochasticInputs } from './stochastic.ts';

/** Returns the inputs of forward pass `microStep` (from 0). The arrays are reused: they hold until the next call. */
export function batchSource(plan: Plan, feed: Feed): (microStep: number) => Promise<Values> {
  const { recipe, model, batch } = plan;
  const rule = mixRule(recipe.augment, recipe.losses);
  const shape = { batch, imgSize: model.img_size, patchSize: model.patch_size, channels: model.in_chans };
  const mixer = rule && createMixer(rule, shape, recipe.seed);
  return async (microStep) => {
    const { images, labels } = await feed.take(microStep);
    const mixed = mixer?.mix(microStep, images, labels);
    return {
      images,
      labels,
      ...(mixed ? { partner_labels: mixed.partnerLabels, lambda: mixed.lambda, patch_share: mixed.patchShare } : {}),
      ...stochasticInputs(plan, microStep),
    };
  };
}

/** The scalars of optimiser step `step` (from 0). */
export function optimiserInputs(plan: Plan, step: number): Values {
  const { optim } = plan.recipe;
  const lr = learningRate({ ...optim, warmupSteps: plan.warmupSteps, steps: plan.steps }, step);
  const { correction1, correction2 } = biasCorrections(optim.betas, step + 1);
  return {
    lr: Float32Array.of(lr),
    correction1: Float32Array.of(correction1),
    correction2: Float32Array.of(correction2),
  };
}
