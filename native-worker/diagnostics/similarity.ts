// How alike the patch tokens of an image are: one value per image. Sums of nearly equal tokens lose digits in fp32 (XLA adds in
// order), so each measure is written as one minus a mean of small differences, rows first and images after.
import * as tf from '@tensorflow/tfjs-core';

/** Squared norms below this count as it: a zero token is orthogonal to all others, not NaN. */
const tiny = 1e-24;

/** Tokens of length 1. */
export const unit = (tokens: tf.Tensor3D): tf.Tensor3D =>
  tokens.mul(tokens.square().sum(-1, true).maximum(tiny).rsqrt()) as tf.Tensor3D;

/** Mean over i ≠ j of |cos(h_i, h_j)|, the P(h) of arXiv 2104.12753v3 equation 2. tokens (B, n, D) → (B). */
export function absoluteCosine(tokens: tf.Tensor3D): tf.Tensor1D {
  const n = tokens.shape[1];
  const x = unit(tokens);
  const offDiagonal = tf.sub(1, tf.oneHot(tf.range(0, n, 1, 'int32'), n).toFloat());
  const apart = tf.sub(1, tf.matMul(x, x, false, true).abs()).mul(offDiagonal);
  return tf.sub(
    1,
    apart
      .sum(-1)
      .div(n - 1)
      .mean(-1),
  ) as tf.Tensor1D;
}

/**
 * Mean over i ≠ j of cos(h_i, h_j), signed (arXiv 2104.12753v1). tokens (B, n, D) → (B).
 * With unit tokens x and their mean m: mean_i |x_i|² - n/(n-1) · mean_i |x_i - m|², the first being 1 but for zero tokens.
 */
export function signedCosine(tokens: tf.Tensor3D): tf.Tensor1D {
  const n = tokens.shape[1];
  const x = unit(tokens);
  const spread = x.sub(x.mean(1, true)).square().sum(-1).mean(-1);
  const missing = tf.sub(1, x.square().sum(-1)).mean(-1);
  return tf.sub(1, missing.add(spread.mul(n / (n - 1)))) as tf.Tensor1D;
}

/**
 * Share of energy outside the mean token, Σ_i |h_i - m|² / Σ_i |h_i|² (the high-frequency share of Wang et al. 2022).
 * tokens (B, n, D) → (B).
 */
export function highFrequencyShare(tokens: tf.Tensor3D): tf.Tensor1D {
  const outside = tokens.sub(tokens.mean(1, true)).square().mean(-1).mean(-1);
  return outside.div(tokens.square().mean(-1).mean(-1).maximum(tiny)) as tf.Tensor1D;
}
