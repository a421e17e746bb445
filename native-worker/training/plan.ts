// From a recipe and a dataset to the numbers a training program is built from. Knows no engine and no files.
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { type DataShape, dataProblems, modelOf, scheduleOf } from '../../core/recipe-on-data.ts';
import { definitions } from '../losses/total.ts';
import { patchCount, type VitConfig, vitParameters } from '../models/vit.ts';

export type { DataShape };

export interface Plan {
  recipe: Recipe;
  model: VitConfig;
  /** Shapes of the weights by timm's names, and of patch_head where patch mixing trains one. */
  weights: Record<string, number[]>;
  head: Record<string, number[]>;
  batch: number;
  evalBatch: number;
  /** Optimiser steps per epoch and in all. */
  stepsPerEpoch: number;
  steps: number;
  warmupSteps: number;
}

/** Refuses, at the recipe's field, what the dataset makes impossible. */
export function makePlan(recipe: Recipe, data: DataShape): Plan {
  const problems = dataProblems(recipe, data);
  const [first] = problems;
  if (first)
    throw new UnsmoothError('RECIPE_INVALID', `${first.where}: ${first.message}`, 'Change this field.', problems);
  const model = modelOf(recipe, data);
  const { stepsPerEpoch, steps } = scheduleOf(recipe, data.trainImages);
  const patchHead = recipe.losses.patch_mixing > 0 && definitions[recipe.losses.definition].patchHead;
  return {
    recipe,
    model,
    weights: vitParameters(model),
    head: patchHead ? { 'patch_head.weight': [data.classes, model.embed_dim], 'patch_head.bias': [data.classes] } : {},
    batch: recipe.train.batch_size,
    evalBatch: evaluationBatch(model, recipe.train.batch_size),
    stepsPerEpoch,
    steps,
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
