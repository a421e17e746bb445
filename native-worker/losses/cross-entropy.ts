// Cross-entropy with soft targets, and the targets themselves.
import * as tf from '@tensorflow/tfjs-core';

/** Mean over rows of -Σ_k targets_k log softmax(logits)_k; logits and targets (…, K). */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  return tf.logSoftmax(logits).mul(targets).sum(-1).mean().neg() as tf.Scalar;
}

/** Labels (…) int32 → targets (…, K): 1 - s on the label plus s / K everywhere (label smoothing as timm's). */
export function smoothOneHot(labels: tf.Tensor, classes: number, smoothing: number): tf.Tensor {
  const hot = tf.oneHot(labels, classes).toFloat();
  return smoothing === 0 ? hot : hot.mul(1 - smoothing).add(smoothing / classes);
}
