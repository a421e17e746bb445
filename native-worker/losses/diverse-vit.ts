// The patch losses as Diverse-ViT publishes them (Chen et al. 2022): VITA-Group/Diverse-ViT, reg.py (Loss_cosine, Loss_contrastive,
// Loss_mixing) and engine.py (train_one_epoch_diverse). Its scripts weigh mixing 1, cosine 0.5, contrastive 0.5, and take the last
// block before the final LayerNorm.
import type * as tf from '@tensorflow/tfjs-core';
import { signedCosine, unit } from '../diagnostics/similarity.ts';
import { crossEntropy } from './cross-entropy.ts';
import { type Definition, needed } from './definition.ts';
import { patchContrastive } from './paper.ts';

/** Mean over images and all n² pairs of the signed cosine, a token with itself included. last (B, n, D). */
export function fullCosine(last: tf.Tensor3D): tf.Scalar {
  const n = last.shape[1];
  return signedCosine(last)
    .mul((n - 1) / n)
    .add(1 / n)
    .mean() as tf.Scalar;
}

/** The paper's contrastive loss of tokens of length 1; h[1] is the position-embedded input of the first block, gradients through both. */
export const unitContrastive = (first: tf.Tensor3D, last: tf.Tensor3D): tf.Scalar =>
  patchContrastive(unit(first), unit(last));

/** Mixing is the class head on every patch, always after the final LayerNorm; a patch that straddles has its label by area. */
export const diverseVit: Definition = {
  cosine: ({ last }) => fullCosine(last),
  contrastive: ({ out, last }) => unitContrastive(out.patches(out.tokens[0] as tf.Tensor3D), last),
  mixing: ({ out }, targets) => crossEntropy(out.head(out.patches(out.norm)), needed(targets, 'patches')),
  patchHead: false,
  mixingJoins: 'tokens',
};
