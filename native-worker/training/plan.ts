// From a recipe and a dataset to the numbers a training program is built from. Knows no engine and no files.
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { patchCount, type VitConfig, vitParameters } from '../models/vit.ts';

export interface Plan {
  recipe: Recipe;
  model: VitConfig;
  /** Shapes of the weights by timm's names, and of patch_head where patch mixing is on. */
  weights: Record<string, number[]>;
  head: Record<string, number[]>;
  batch: number;
  evalBatch: number;
  /** Optimiser steps per epoch and in all. */
  stepsPerEpoch: number;
  steps: number;
  warmupSteps: number;
}

export interface DataShape {
  classes: number;
  channels: number;
  width: number;
  height: number;
  trainImages: number;
}

/** Refuses, at the recipe's field, what the dataset makes impossible. */
export function makePlan(recipe: Recipe, data: DataShape): Plan {
  const refuse = (where: string, message: string): never => {
    throw new UnsmoothError('RECIPE_INVALID', `${where}: ${message}`, 'Change this field.', [{ where, message }]);
  };
  const { batch_size, grad_accum, epochs, max_steps } = recipe.train;
  if (data.width !== recipe.data.img_size || data.height !== recipe.data.img_size)
    refuse(
      'data.img_size',
      `is ${recipe.data.img_size}, but the images are ${data.width} x ${data.height}, and this kind is not resized`,
    );
  if (recipe.data.mean.length !== data.channels)
    refuse(
      'data.mean',
      `has ${recipe.data.mean.length} values, the images have ${data.channels} channel${data.channels > 1 ? 's' : ''}`,
    );
  const stepsPerEpoch = Math.floor(data.trainImages / (batch_size * grad_accum));
  if (stepsPerEpoch < 1)
    refuse(
      'train.batch_size',
      `${batch_size} x grad_accum ${grad_accum} is more than the ${data.trainImages} training images`,
    );
  const model: VitConfig = {
    img_size: recipe.data.img_size,
    patch_size: recipe.model.patch_size,
    in_chans: data.channels,
    num_classes: data.classes,
    embed_dim: recipe.model.embed_dim,
    depth: recipe.model.depth,
    num_heads: recipe.model.num_heads,
    mlp_ratio: recipe.model.mlp_ratio,
  };
  const mixing = recipe.losses.patch_mixing > 0;
  return {
    recipe,
    model,
    weights: vitParameters(model),
    head: mixing ? { 'patch_head.weight': [data.classes, model.embed_dim], 'patch_head.bias': [data.classes] } : {},
    batch: batch_size,
    evalBatch: evaluationBatch(model, batch_size),
    stepsPerEpoch,
    steps: max_steps ?? Math.max(1, Math.round(epochs * stepsPerEpoch)),
    warmupSteps: Math.round(recipe.optim.warmup_epochs * stepsPerEpoch),
  };
}

/** Images a forward pass without gradients takes: about 4,096 patches, at least a training batch, at most 256. */
export function evaluationBatch(model: VitConfig, atLeast: number): number {
  return Math.min(256, Math.max(atLeast, Math.floor(4096 / patchCount(model))));
}

/**
 * True when something that happens every `every` steps (a fraction is allowed) is due after step `step`. A multiple that rounding puts
 * just past a step (0.07 epochs of 100 steps are 7.000000000000001) is due at that step.
 */
export function isDue(step: number, every: number | null): boolean {
  if (every === null) return false;
  const passed = (s: number) => Math.floor(s / every + 1e-9);
  return passed(step) > passed(step - 1);
}
