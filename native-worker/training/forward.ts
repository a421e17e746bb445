// One forward pass with everything it computes laid open: how an import is checked against another framework.
import * as tf from '@tensorflow/tfjs-core';
import type { LossDefinition, Tap } from '../../contract/recipe.ts';
import type { Specs } from '../engine/spec.ts';
import { type Tensors, type TracedFunction, trace } from '../engine/trace.ts';
import { crossEntropy, smoothOneHot } from '../losses/cross-entropy.ts';
import { definitions, takenAt } from '../losses/total.ts';
import { patchCount, type VitConfig, type VitOutput, vit, vitParameters } from '../models/vit.ts';

export interface ForwardOptions {
  /** `labels` (B) come with the input: loss_ce. */
  labels: boolean;
  /** What mixingInputs names comes with the input: loss_patch_mixing, where losses are asked for. */
  mixing: boolean;
  /** The patch losses of a definition too, without dropout. */
  losses: LossDefinition | null;
  tap: Tap;
  /** Gradients of this weighted sum of cross-entropy, cosine, contrastive and mixing. */
  grads: readonly [number, number, number, number] | null;
}

export const patchHeadShapes = (c: VitConfig): Record<string, number[]> => ({
  'patch_head.weight': [c.num_classes, c.embed_dim],
  'patch_head.bias': [c.num_classes],
});

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** What patch mixing of a definition reads beside its head: targets of patches, or of the two images and their shares of the patches. */
export function mixingInputs(c: VitConfig, batch: number, definition: LossDefinition): Specs {
  const [n, K] = [patchCount(c), c.num_classes];
  if (definition !== 'reference-code') return { patch_targets: float(batch, n, K) };
  return { own_targets: float(batch, K), partner_targets: float(batch, K), patch_share: float(batch, n) };
}

/** The head that patch mixing of a definition reads; empty where it is the class head. */
export const mixingHead = (c: VitConfig, definition: LossDefinition): Record<string, number[]> =>
  definitions[definition].patchHead ? patchHeadShapes(c) : {};

/**
 * images (B, S, S, C) → logits, tokens.0 … tokens.L and tokens.norm (B, N, D), and by option loss_ce, loss_patch_* and
 * grad.<parameter>.
 */
export function forwardFunction(model: VitConfig, batch: number, o: ForwardOptions): TracedFunction {
  const mixed = o.mixing ? o.losses : null;
  const shapes = { ...vitParameters(model), ...(mixed ? mixingHead(model, mixed) : {}) };
  const names = Object.keys(shapes);
  const variables: Specs = Object.fromEntries(
    names.map((k) => [k, { shape: shapes[k] as number[], dtype: 'float32' }]),
  );
  const inputs: Specs = {
    images: { shape: [batch, model.img_size, model.img_size, model.in_chans], dtype: 'float32' },
    ...(o.labels ? { labels: { shape: [batch], dtype: 'int32' } } : {}),
    ...(mixed ? mixingInputs(model, batch, mixed) : {}),
  };
  return trace('forward', variables, inputs, (weights, given) => {
    const out = vit(model, weights, given.images as tf.Tensor4D);
    const outputs: Tensors = {
      logits: out.logits,
      'tokens.norm': out.norm,
      ...lossTerms(model, o, weights, given, out),
    };
    out.tokens.forEach((t, i) => {
      outputs[`tokens.${i}`] = t;
    });
    if (o.grads) Object.assign(outputs, gradients(model, o, weights, given, o.grads));
    return { outputs };
  });
}

function lossTerms(
  model: VitConfig,
  o: ForwardOptions,
  weights: Tensors,
  given: Tensors,
  out: VitOutput,
): Record<string, tf.Scalar> {
  const terms: Record<string, tf.Scalar> = {};
  if (given.labels) terms.loss_ce = crossEntropy(out.logits, smoothOneHot(given.labels, model.num_classes, 0));
  if (!o.losses) return terms;
  const definition = definitions[o.losses];
  const taken = takenAt(out, o.tap);
  terms.loss_patch_cosine = definition.cosine(taken);
  terms.loss_patch_contrastive = definition.contrastive(taken);
  if (!o.mixing) return terms;
  const [weight, bias] = [weights['patch_head.weight'], weights['patch_head.bias']];
  terms.loss_patch_mixing = definition.mixing(taken, {
    patches: given.patch_targets as tf.Tensor3D | undefined,
    regions: given.patch_share && {
      own: given.own_targets as tf.Tensor2D,
      partner: given.partner_targets as tf.Tensor2D,
      share: given.patch_share as tf.Tensor2D,
    },
    head: weight && bias && { weight, bias },
  });
  return terms;
}

/** A parameter that the weighted sum does not depend on has gradient zero. */
function gradients(
  model: VitConfig,
  o: ForwardOptions,
  weights: Tensors,
  given: Tensors,
  by: readonly number[],
): Tensors {
  const names = Object.keys(weights);
  const total = (...values: tf.Tensor[]) => {
    const w = Object.fromEntries(names.map((k, i) => [k, values[i] as tf.Tensor]));
    const out = vit(model, w, given.images as tf.Tensor4D);
    const terms = lossTerms(model, o, w, given, out);
    const order = ['loss_ce', 'loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'];
    const weighted = order.flatMap((name, i) =>
      by[i] === 0 || !terms[name] ? [] : [terms[name].mul(by[i] as number)],
    );
    return tf.addN(weighted) as tf.Scalar;
  };
  const values = names.map((k) => weights[k] as tf.Tensor);
  const { grads } = tf.engine().gradients(() => total(...values), values, undefined, true);
  return Object.fromEntries(names.map((k, i) => [`grad.${k}`, grads[i] ?? tf.zerosLike(values[i] as tf.Tensor)]));
}
