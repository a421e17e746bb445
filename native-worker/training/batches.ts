// The inputs of a training step: images from the loader, CutMix on the patch grid, stochastic depth. All of it keyed by (seed, step).
import { keyedRandom, streams } from '../../core/random.ts';
import type { Split } from '../data/dataset.ts';
import { createLoader } from '../data/loader.ts';
import { mixOnGrid } from '../data/patch-mix.ts';
import type { Values } from '../engine/spec.ts';
import { dropPathRates } from '../models/vit.ts';
import { biasCorrections } from '../optim/adamw.ts';
import { learningRate } from '../optim/schedule.ts';
import type { Plan } from './plan.ts';

/** Returns the inputs of forward pass `microStep` (from 0). The arrays are reused: they hold until the next call. */
export function batchSource(plan: Plan, split: Split): (microStep: number) => Values {
  const { recipe, model, batch } = plan;
  const { data, augment, seed } = recipe;
  const loader = createLoader({
    split,
    limit: data.train_limit,
    batch,
    seed,
    order: data.order,
    mean: data.mean,
    std: data.std,
    hflip: augment.hflip,
    cropPadding: augment.crop_padding,
    dropLast: true,
  });
  const rates = dropPathRates(model.depth, recipe.model.drop_path);
  return (microStep) => {
    const { images, labels } = loader.batch(microStep);
    const inputs: Values = { images, labels };
    if (recipe.losses.patch_mixing > 0) {
      const own = { images, labels: labels.slice() };
      const mixed = mixOnGrid(own, {
        imgSize: model.img_size,
        patchSize: model.patch_size,
        channels: model.in_chans,
        seed,
        step: microStep,
      });
      Object.assign(inputs, {
        patch_labels: mixed.patchLabels,
        partner_labels: mixed.partnerLabels,
        lambda: mixed.lambda,
      });
    }
    if (recipe.model.drop_path > 0) inputs.drop_path = dropPathFactors(rates, batch, seed, microStep);
    return inputs;
  };
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
