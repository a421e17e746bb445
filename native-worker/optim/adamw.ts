// AdamW (Loshchilov & Hutter 2019) as torch.optim.AdamW computes it, with timm's parameter groups.
import * as tf from '@tensorflow/tfjs-core';

export interface AdamWOptions {
  betas: readonly [number, number];
  eps: number;
  weight_decay: number;
}

/** Scalars that change from step to step: the learning rate, 1 - β1^t and sqrt(1 - β2^t), t counted from 1. */
export interface AdamWScalars {
  lr: tf.Tensor;
  correction1: tf.Tensor;
  correction2: tf.Tensor;
}

/** The host's half of AdamWScalars. */
export function biasCorrections(
  betas: readonly [number, number],
  t: number,
): { correction1: number; correction2: number } {
  return { correction1: 1 - betas[0] ** t, correction2: Math.sqrt(1 - betas[1] ** t) };
}

const undecayed: readonly string[] = ['pos_embed', 'cls_token', 'dist_token', 'reg_token'];

/** timm's groups: no decay on vectors (biases, norms, LayerScale) nor on the position embedding and the tokens it adds. */
export function isDecayed(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !undecayed.includes(name);
}

/** One update of one parameter: w, gradient, first and second moment (all of one shape) → their new values. */
export function adamw(w: tf.Tensor, g: tf.Tensor, m: tf.Tensor, v: tf.Tensor, s: AdamWScalars, o: AdamWOptions) {
  const [b1, b2] = o.betas;
  const moment = m.mul(b1).add(g.mul(1 - b1));
  const second = v.mul(b2).add(g.square().mul(1 - b2));
  const decayed = o.weight_decay === 0 ? w : w.mul(tf.sub(1, s.lr.mul(o.weight_decay)));
  const step = moment.mul(s.lr.div(s.correction1)).div(second.sqrt().div(s.correction2).add(o.eps));
  return { w: decayed.sub(step), m: moment, v: second };
}

/** Sum of squares: the mean of each row first, since XLA adds a long sum in order and loses digits. */
function energy(g: tf.Tensor): tf.Tensor {
  const rows = g.rank > 1 ? g.reshape([g.shape[0] as number, -1]) : g.reshape([1, -1]);
  return rows
    .square()
    .mean(-1)
    .sum()
    .mul(rows.shape[1] as number);
}

/** Scales gradients so that their global norm is at most `max` (torch.nn.utils.clip_grad_norm_). Returns the norm too. */
export function clipByGlobalNorm(grads: readonly tf.Tensor[], max: number): { grads: tf.Tensor[]; norm: tf.Scalar } {
  const norm = tf.addN(grads.map(energy)).sqrt() as tf.Scalar;
  const factor = tf.minimum(1, tf.div(max, norm.add(1e-6)));
  return { grads: grads.map((g) => g.mul(factor)), norm };
}
