// What a published definition of the patch losses is: three functions of a forward pass.
import type * as tf from '@tensorflow/tfjs-core';
import type { Noise } from '../models/noise.ts';
import type { VitOutput } from '../models/vit.ts';

/** What a definition reads of a forward pass. */
export interface Taken {
  out: VitOutput;
  /** h[L]: patch tokens (B, n, D) at the tap the recipe chooses. */
  last: tf.Tensor3D;
}

/** Where the patches of mixed images came from. */
export interface Regions {
  /** Targets (B, K) of the image itself and of the one mixed in. */
  own: tf.Tensor2D;
  partner: tf.Tensor2D;
  /** (B, n): the image's own share of each patch. */
  share: tf.Tensor2D;
}

/** What patch mixing is trained on; a definition says which of it it needs. */
export interface MixingTargets {
  /** (B, n, K), soft: a target for each patch. */
  patches?: tf.Tensor3D | undefined;
  regions?: Regions | undefined;
  /** The linear head for patches: weight (K, D), bias (K). */
  head?: { weight: tf.Tensor; bias: tf.Tensor } | undefined;
  dropout?: Noise['dropout'];
}

export interface Definition {
  cosine(taken: Taken): tf.Scalar;
  contrastive(taken: Taken): tf.Scalar;
  mixing(taken: Taken, targets: MixingTargets): tf.Scalar;
  /** Whether patch mixing trains a head of its own (`patch_head`). */
  readonly patchHead: boolean;
  /** sum: cross-entropy plus weight times mixing; tokens: their mean, each patch counting `weight` times as much as the class token. */
  readonly mixingJoins: 'sum' | 'tokens';
}

/** The named part of the targets. */
export function needed<K extends keyof MixingTargets>(targets: MixingTargets, key: K): NonNullable<MixingTargets[K]> {
  const value = targets[key];
  if (!value) throw new Error(`patch mixing needs ${key}`);
  return value;
}
