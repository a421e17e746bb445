// The weighted sum that is trained: cross-entropy plus the patch losses of a definition. A weight of 0 leaves a term out.
import * as tf from '@tensorflow/tfjs-core';
import type { LossDefinition, Tap } from '../../contract/recipe.ts';
import type { VitOutput } from '../models/vit.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { Definition, MixingTargets, Taken } from './definition.ts';
import { diverseVit } from './diverse-vit.ts';
import { paper } from './paper.ts';
import { referenceCode } from './reference-code.ts';

export const definitions: Readonly<Record<LossDefinition, Definition>> = {
  paper,
  'reference-code': referenceCode,
  'diverse-vit': diverseVit,
};

export interface LossWeights {
  ce: number;
  patch_cosine: number;
  patch_contrastive: number;
  patch_mixing: number;
}

export type LossName = 'loss_ce' | 'loss_patch_cosine' | 'loss_patch_contrastive' | 'loss_patch_mixing';

export interface LossTargets extends MixingTargets {
  /** (B, K), soft. */
  labels: tf.Tensor2D;
}

export interface LossOptions {
  definition: LossDefinition;
  /** h[L] after the final LayerNorm (norm) or before it (block). */
  tap: Tap;
  weights: LossWeights;
  /** Scalar that multiplies the three patch weights, where they follow a schedule. */
  factor?: tf.Tensor | undefined;
}

/** What the losses read, with h[L] at a tap. */
export const takenAt = (out: VitOutput, tap: Tap): Taken => ({
  out,
  last: out.patches(tap === 'norm' ? out.norm : (out.tokens.at(-1) as tf.Tensor3D)),
});

/** Each term unweighted, and their weighted sum. */
export function totalLoss(
  out: VitOutput,
  targets: LossTargets,
  { definition: name, tap, weights, factor }: LossOptions,
): { total: tf.Scalar; terms: Partial<Record<LossName, tf.Scalar>> } {
  const definition = definitions[name];
  const taken = takenAt(out, tap);
  const terms: Partial<Record<LossName, tf.Scalar>> = {};
  const summands: tf.Tensor[] = [];
  const weighted = (value: tf.Tensor, weight: number) => {
    if (factor) return value.mul(factor.mul(weight));
    return weight === 1 ? value : value.mul(weight);
  };
  if (weights.ce > 0) {
    terms.loss_ce = crossEntropy(out.logits, targets.labels);
    summands.push(weights.ce === 1 ? terms.loss_ce : terms.loss_ce.mul(weights.ce));
  }
  if (weights.patch_cosine > 0) {
    terms.loss_patch_cosine = definition.cosine(taken);
    summands.push(weighted(terms.loss_patch_cosine, weights.patch_cosine));
  }
  if (weights.patch_contrastive > 0) {
    terms.loss_patch_contrastive = definition.contrastive(taken);
    summands.push(weighted(terms.loss_patch_contrastive, weights.patch_contrastive));
  }
  if (weights.patch_mixing > 0) {
    const mixing = definition.mixing(taken, targets);
    terms.loss_patch_mixing = mixing;
    if (definition.mixingJoins === 'sum' || !terms.loss_ce) summands.push(weighted(mixing, weights.patch_mixing));
    else
      summands[0] = meanOverTokens(summands[0] as tf.Tensor, mixing, taken.last.shape[1], weights.patch_mixing, factor);
  }
  if (summands.length === 0) throw new Error('totalLoss: every weight is 0');
  return { total: summands.reduce((sum, term) => sum.add(term)) as tf.Scalar, terms };
}

/** (class + w n mixing) / (1 + w n): w = 1 is the mean over all 1 + n tokens (Diverse-ViT's engine.py). */
function meanOverTokens(ce: tf.Tensor, mixing: tf.Tensor, n: number, weight: number, factor: tf.Tensor | undefined) {
  const w = factor ? factor.mul(weight * n) : tf.scalar(weight * n);
  return ce.add(mixing.mul(w)).div(w.add(1));
}
