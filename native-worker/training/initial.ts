// The state a run starts from: weights as timm initialises them, zero moments, the average at the weights. Keyed by the seed alone.
import { keyedRandom, type Random, streams } from '../../core/random.ts';
import { sizeOf, type Values } from '../engine/spec.ts';
import { isFrozen, sincosPositions } from '../models/vit-config.ts';
import type { Plan } from './plan.ts';
import { variableNames } from './program.ts';

/** Normal cut at ±2 of the truncated distribution torch's trunc_normal_ draws (a = -2, b = 2 absolute: no cut at std .02). */
function normal(random: Random, size: number, std: number): Float32Array {
  return Float32Array.from({ length: size }, () => random.normal() * std);
}

const uniform = (random: Random, size: number, bound: number): Float32Array =>
  Float32Array.from({ length: size }, () => (2 * random.uniform() - 1) * bound);

/**
 * One parameter as timm's VisionTransformer with weight_init='' has it: Linear and position embedding normal with std .02, class
 * token and registers std 1e-6, norms 1 and 0, biases 0, the patch embedding as torch's Conv2d (uniform within 1/sqrt(fan_in)).
 */
export function initialParameter(name: string, shape: readonly number[], fanIn: number, random: Random): Float32Array {
  const size = sizeOf(shape);
  if (name.startsWith('patch_embed.')) return uniform(random, size, 1 / Math.sqrt(fanIn));
  if (name === 'cls_token' || name === 'reg_token') return normal(random, size, 1e-6);
  if (/norm\d?\.weight$/.test(name)) return new Float32Array(size).fill(1);
  if (shape.length === 1) return new Float32Array(size);
  return normal(random, size, 0.02);
}

/** Every variable of the plan's program. */
export function initialState(plan: Plan, seed: number): Values {
  const { model, moments, ema, sums } = variableNames(plan);
  const { in_chans, patch_size, init_values = 0 } = plan.model;
  const values: Values = {};
  Object.entries(model).forEach(([name, shape], i) => {
    if (isFrozen(plan.model, name)) values[name] = sincosPositions(plan.model);
    else if (/\.ls[12]\.gamma$/.test(name)) values[name] = new Float32Array(sizeOf(shape)).fill(init_values);
    else
      values[name] = initialParameter(name, shape, in_chans * patch_size ** 2, keyedRandom(seed, streams.init, i, 0));
  });
  for (const [name, shape] of Object.entries({ ...moments, ...sums })) values[name] = new Float32Array(sizeOf(shape));
  for (const name of Object.keys(ema)) values[name] = (values[name.slice('ema/'.length)] as Float32Array).slice();
  return values;
}
