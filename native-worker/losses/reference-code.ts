// The patch losses as the paper's authors published them: ChengyueGongR/PatchVisionTransformer, deit/models.py (`similarity`, `forward`)
// and deit/engine.py (`two_mix`). Its HEAD has no cosine loss: the paper's stands in, and weight 0 is what was published.
import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../models/vit.ts';
import { type Definition, needed, type Regions } from './definition.ts';
import { patchCosine } from './paper.ts';

/** Dropout of the pooled patches before their head (models.py, head_drop_rate). */
export const patchHeadDropRate = 0.2;

/** Side of the neighbourhood of the local negative (models.py, high_k). */
const side = 7;

/** x, and no gradient through it. */
const stopped = tf.customGrad((x) => ({
  value: (x as tf.Tensor).clone(),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));

/** Sums of windows of `side` along an axis (1 or 2) of x (B, g, g, D), zeros beyond the border. */
function windowSums(x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const reach = (side - 1) / 2;
  const none: [number, number] = [0, 0];
  const around: [number, number] = [reach, reach];
  const padded = tf.pad(x, [none, axis === 1 ? around : none, axis === 2 ? around : none, none]);
  const from = (at: number) => padded.slice([0, axis === 1 ? at : 0, axis === 2 ? at : 0, 0], x.shape);
  return tf.addN(Array.from({ length: side }, (_, at) => from(at))) as tf.Tensor4D;
}

/**
 * -mean log( softmax(a_i, b_i, c_i)_a + 1e-8 ): a_i = e_i · h_i, b_i = e_i · mean_{j≠i} h_j over all patches, c_i the same over the 7 x 7
 * neighbourhood, where patches beyond the border count as zeros. e: patches as embedded, before the position embedding, without
 * gradient; h: last. Both (B, n, D), raw dot products.
 */
export function localContrastive(embedded: tf.Tensor3D, last: tf.Tensor3D): tf.Scalar {
  const [B, n, D] = last.shape;
  const e = stopped(embedded);
  const grid = Math.sqrt(n);
  const near = windowSums(windowSums(last.reshape([B, grid, grid, D]), 1), 2).reshape([B, n, D]);
  const nearby = near.sub(last).div(side ** 2 - 1);
  const all = last
    .sum(1, true)
    .sub(last)
    .div(n - 1);
  const logits = [last, all, nearby].map((h) => e.mul(h).sum(-1, true));
  const positive = tf.softmax(tf.concat(logits, -1)).slice([0, 0, 0], [B, n, 1]);
  return positive.add(1e-8).log().mean().neg() as tf.Scalar;
}

/**
 * Patches are averaged per region (own, partner), go through dropout and the patch head, and each region's soft cross-entropy counts by
 * its share of the area; mean over images. The code's KL divergence is this less the targets' entropy, a constant.
 * last (B, n, D), head weight (K, D) and bias (K).
 */
export function regionMixing(
  last: tf.Tensor3D,
  { own, partner, share }: Regions,
  classify: (pooled: tf.Tensor) => tf.Tensor,
): tf.Scalar {
  const [B, n] = share.shape;
  const lossOf = (mask: tf.Tensor2D, targets: tf.Tensor2D) => {
    const area = mask.sum(-1, true);
    const pooled = last
      .mul(mask.reshape([B, n, 1]))
      .sum(1)
      .div(area.add(1e-4));
    const each = tf.logSoftmax(classify(pooled)).mul(targets).sum(-1).neg();
    return each.mul(area.reshape([B])).div(n);
  };
  return lossOf(share, own)
    .add(lossOf(tf.sub(1, share), partner))
    .mean() as tf.Scalar;
}

export const referenceCode: Definition = {
  cosine: ({ last }) => patchCosine(last),
  contrastive: ({ out, last }) => localContrastive(out.embedded, last),
  mixing: ({ last }, targets) => {
    const { weight, bias } = needed(targets, 'head');
    const drop = targets.dropout ?? ((x) => x);
    return regionMixing(last, needed(targets, 'regions'), (x) => linear(drop(x, 'patch_head'), weight, bias));
  },
  patchHead: true,
  mixingJoins: 'sum',
};
