// The inputs of a training step: images from their feed, CutMix on the patch grid, stochastic depth. All of it keyed by (seed, step).
import type { Feed } from '../data/feeder.ts';
import { mixOnGrid } from '../data/patch-mix.ts';
import type { Values } from '../engine/spec.ts';
import { biasCorrections } from '../optim/adamw.ts';
import { learningRate } from '../optim/schedule.ts';
import type { Plan } from './plan.ts';
import { stochasticInputs } from './stochastic.ts';

/** Returns the inputs of forward pass `microStep` (from 0). The arrays are reused: they hold until the next call. */
export function batchSource(plan: Plan, feed: Feed): (microStep: number) => Promise<Values> {
  const { recipe, model } = plan;
  return async (microStep) => {
    const { images, labels } = await feed.take(microStep);
    const inputs: Values = { images, labels };
    if (recipe.losses.patch_mixing > 0) {
      const own = { images, labels: labels.slice() };
      const mixed = mixOnGrid(own, {
        imgSize: model.img_size,
        patchSize: model.patch_size,
        channels: model.in_chans,
        seed: recipe.seed,
        step: microStep,
      });
      Object.assign(inputs, {
        patch_share: mixed.patchShare,
        partner_labels: mixed.partnerLabels,
        lambda: mixed.lambda,
      });
    }
    return Object.assign(inputs, stochasticInputs(plan, microStep));
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
