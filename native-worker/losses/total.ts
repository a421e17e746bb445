// The weighted sum that is trained: cross-entropy plus the patch losses of a definition. A weight of 0 leaves a term out.
import type * as tf from '@tensorflow/tfjs-core';
import type { Tap } from '../../contract/recipe.ts';
import { patchTokens, type VitOutput } from '../models/vit.ts';
import { crossEntropy } from './cross-entropy.ts';
import { patchContrastive, patchCosine, patchMixing } from './paper.ts';

export interface LossWeights {
  ce: number;
  patch_cosine: number;
  patch_contrastive: number;
  patch_mixing: number;
}

export type LossName = 'loss_ce' | 'loss_patch_cosine' | 'loss_patch_contrastive' | 'loss_patch_mixing';

export interface LossTargets {
  /** (B, K), soft. */
  labels: tf.Tensor2D;
  /** (B, n, K) and the shared head, needed by patch mixing alone. */
  patches?: { targets: tf.Tensor3D; weight: tf.Tensor; bias: tf.Tensor };
}

/**
 * `paper` losses on a model's output. `tap`: h[L] after the final LayerNorm (norm) or before it (block); h[1] is always the first
 * block's raw output. Returns each term unweighted, and their weighted sum.
 */
export function paperLosses(
  out: VitOutput,
  targets: LossTargets,
  weights: LossWeights,
  tap: Tap,
): { total: tf.Scalar; terms: Partial<Record<LossName, tf.Scalar>> } {
  const last = patchTokens(tap === 'norm' ? out.norm : (out.tokens.at(-1) as tf.Tensor3D));
  const first = patchTokens(out.tokens[1] as tf.Tensor3D);
  const terms: Partial<Record<LossName, tf.Scalar>> = {};
  let total: tf.Scalar | undefined;
  const add = (name: LossName, weight: number, term: () => tf.Scalar) => {
    if (weight === 0) return;
    const value = term();
    terms[name] = value;
    const weighted = (weight === 1 ? value : value.mul(weight)) as tf.Scalar;
    total = total ? total.add(weighted) : weighted;
  };
  add('loss_ce', weights.ce, () => crossEntropy(out.logits, targets.labels));
  add('loss_patch_cosine', weights.patch_cosine, () => patchCosine(last));
  add('loss_patch_contrastive', weights.patch_contrastive, () => patchContrastive(first, last));
  add('loss_patch_mixing', weights.patch_mixing, () => {
    const p = targets.patches;
    if (!p) throw new Error('paperLosses: patch mixing needs patch targets and a patch head');
    return patchMixing(last, p.targets, p.weight, p.bias);
  });
  if (!total) throw new Error('paperLosses: every weight is 0');
  return { total, terms };
}
