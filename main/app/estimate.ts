// What a recipe would take on this machine: core's count of the work, this machine's measured speed, its memory.
import os from 'node:os';
import type { Estimate } from '../../contract/app/training.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { estimateWork, gflopsAt } from '../../core/estimate.ts';
import { modelOf } from '../../core/recipe-on-data.ts';
import { datasetOf } from '../datasets/resolve.ts';
import { datasetShape } from '../datasets/shape.ts';
import { chooseEngine } from '../engines/choose.ts';
import { readSpeeds } from '../engines/speeds.ts';
import type { AppContext } from './context.ts';

/** A compile and the loading of the engine. */
const startSeconds = 8;

/** Throws DATASET_NOT_FOUND, ENGINE_MISSING, as starting would. */
export function estimate(app: Pick<AppContext, 'library' | 'cache'>, recipe: Recipe): Estimate {
  const { engine, notes: chosen } = chooseEngine(recipe.engine, recipe.threads, { cache: app.cache });
  const notes = [...chosen];
  const shape = datasetShape(datasetOf(recipe.data, app.library), app.library);
  if (!shape) notes.push('The dataset could not be read, so 10 classes and 60,000 images are assumed.');
  const model = modelOf(recipe, shape ?? { classes: 10, channels: recipe.data.mean.length });
  const { train_split, val_split, val_share, train_limit, val_limit } = recipe.data;
  const images = (split: string) => (shape ? (shape.splits[split] ?? 0) : 60_000);
  const all = images(train_split);
  const held = val_share === null ? 0 : Math.round(all * val_share);
  const work = estimateWork(recipe, model, {
    train: Math.min(all - held, train_limit ?? all),
    val: Math.min(held || images(val_split), val_limit ?? Number.POSITIVE_INFINITY),
  });
  const speed = readSpeeds(app.cache)[engine.name];
  const rate = speed && gflopsAt(speed.points, model.embed_dim) * 1e9;
  if (!speed)
    notes.push(`The speed of the ${engine.name} engine was not measured on this machine yet: Engines, Measure.`);
  else if (speed.threads !== engine.threads)
    notes.push(`The speed was measured with ${speed.threads} threads; this recipe uses ${engine.threads}.`);
  else if (model.embed_dim > 2 * (speed.points.at(-1)?.width ?? 0))
    notes.push('The model is wider than those measured, so it may go faster than estimated.');
  const available = engine.name === 'cpu' || engine.name === 'wasm' ? os.totalmem() : null;
  if (available !== null && work.memory > available) notes.push('It needs more memory than this machine has.');
  return {
    parameters: work.parameters,
    flops_per_step: work.flopsPerStep,
    steps: work.steps,
    steps_per_epoch: work.stepsPerEpoch,
    memory_bytes: Math.round(work.memory),
    memory_available: available,
    seconds: rate ? startSeconds + work.flops / rate : null,
    engine: engine.name,
    notes,
  };
}
