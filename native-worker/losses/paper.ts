// The three patch losses as printed in Gong et al. 2021 (arXiv 2104.12753), section 4. Tokens are patch tokens, class token excluded.
import * as tf from '@tensorflow/tfjs-core';
import { absoluteCosine } from '../diagnostics/similarity.ts';
import { linear } from '../models/vit.ts';
import { crossEntropy } from './cross-entropy.ts';
import { type Definition, needed } from './definition.ts';

/**
 * L_cos = P(h[L]): mean over images and pairs i ≠ j of |cos(h_i, h_j)|.
 * last (B, n, D). Equation 4 (the metric P of equation 2, used as a loss).
 */
export function patchCosine(last: tf.Tensor3D): tf.Scalar {
  return absoluteCosine(last).mean() as tf.Scalar;
}

/**
 * L_con = -1/n Σ_i log( e^{a_i} / (e^{a_i} + e^{b_i}) ), a_i = h[1]_i · h[L]_i, b_i = h[1]_i · mean_{j≠i} h[L]_j; mean over images.
 * first, last (B, n, D); neither normalised, no temperature, gradients through both. Equation 5.
 */
export function patchContrastive(first: tf.Tensor3D, last: tf.Tensor3D): tf.Scalar {
  const n = last.shape[1];
  const others = last
    .sum(1, true)
    .sub(last)
    .div(n - 1);
  const a = first.mul(last).sum(-1, true);
  const b = first.mul(others).sum(-1, true);
  const logOfPositive = tf.logSoftmax(tf.concat([a, b], -1)).slice([0, 0, 0], [last.shape[0], n, 1]);
  return logOfPositive.mean().neg() as tf.Scalar;
}

/**
 * L_mix = 1/n Σ_i CE(g(h[L]_i), y_i); mean over images. g: one linear head for all patches.
 * last (B, n, D), targets (B, n, K), head weight (K, D) and bias (K). Equation 6.
 */
export function patchMixing(last: tf.Tensor3D, targets: tf.Tensor3D, weight: tf.Tensor, bias: tf.Tensor): tf.Scalar {
  return crossEntropy(linear(last, weight, bias), targets);
}

/** h[1] is the first block's raw output. */
export const paper: Definition = {
  cosine: ({ last }) => patchCosine(last),
  contrastive: ({ out, last }) => patchContrastive(out.patches(out.tokens[1] as tf.Tensor3D), last),
  mixing: ({ last }, targets) => {
    const { weight, bias } = needed(targets, 'head');
    return patchMixing(last, needed(targets, 'patches'), weight, bias);
  },
  patchHead: true,
  mixingJoins: 'sum',
};
