// The Vision Transformer (Dosovitskiy et al. 2021) as timm's vision_transformer has it: pre-norm, exact GELU, learned position
// embedding, class token. Plain tfjs functions of (weights, images); it does not know whether it is traced, trained or measured.
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from './layer-norm.ts';
import { gridSize, patchCount, type VitConfig, vitParameters } from './vit-config.ts';

export { gridSize, patchCount, type VitConfig, vitParameters };

export type Weights = Readonly<Record<string, tf.Tensor>>;

export interface VitOutput {
  /** tokens[0]: embedded patches with class token and position embedding; tokens[l]: raw output of block l. Each (B, 1+n, D). */
  tokens: tf.Tensor3D[];
  /** The final LayerNorm, for any tokens. */
  finalNorm(tokens: tf.Tensor3D): tf.Tensor3D;
  /** finalNorm(tokens[depth]), (B, 1+n, D). */
  norm: tf.Tensor3D;
  /** (B, num_classes), from the class token. */
  logits: tf.Tensor2D;
}

/** Stochastic depth rate of each block, linear in depth (timm: torch.linspace(0, drop_path, depth)). */
export function dropPathRates(depth: number, dropPath: number): number[] {
  return Array.from({ length: depth }, (_, i) => (depth > 1 ? (dropPath * i) / (depth - 1) : 0));
}

/** x (…, in) · weight' + bias, weight [out, in]. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const flat = x.reshape([-1, x.shape[x.rank - 1] as number]);
  return tf
    .matMul(flat, weight.reshape([weight.shape[0] as number, -1]), false, true)
    .add(bias)
    .reshape([...x.shape.slice(0, -1), weight.shape[0] as number]);
}

/** Exact GELU: x Φ(x). */
const gelu = (x: tf.Tensor): tf.Tensor => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);

/**
 * Runs the model on images (B, S, S, C), already normalised.
 * `dropPath`: (2·depth, B) factors of the residual branches, 0 or 1/(1 - rate), attention and MLP of block 0 first; absent: none dropped.
 */
export function vit(c: VitConfig, w: Weights, images: tf.Tensor4D, dropPath?: tf.Tensor2D): VitOutput {
  const B = images.shape[0];
  const [D, n, heads] = [c.embed_dim, patchCount(c), c.num_heads];
  const [N, headDim] = [n + 1, D / heads];
  const param = (name: string): tf.Tensor => {
    const t = w[name];
    if (!t) throw new Error(`vit: no weight ${name}`);
    return t;
  };
  const norm = (x: tf.Tensor, name: string) => layerNorm(x, param(`${name}.weight`), param(`${name}.bias`));
  const dense = (x: tf.Tensor, name: string) => linear(x, param(`${name}.weight`), param(`${name}.bias`));
  const branch = (x: tf.Tensor, row: number) =>
    dropPath ? x.mul(dropPath.slice([row, 0], [1, B]).reshape([B, 1, 1])) : x;

  const attention = (x: tf.Tensor, block: string) => {
    const qkv = dense(x, `${block}.qkv`).reshape([B, N, 3, heads, headDim]).transpose([2, 0, 3, 1, 4]);
    const [q, k, v] = [0, 1, 2].map((i) =>
      qkv.slice([i, 0, 0, 0, 0], [1, B, heads, N, headDim]).reshape([B, heads, N, headDim]),
    );
    const scores = tf.matMul(q as tf.Tensor, k as tf.Tensor, false, true).mul(headDim ** -0.5);
    const mixed = tf.matMul(tf.softmax(scores), v as tf.Tensor);
    return dense(mixed.transpose([0, 2, 1, 3]).reshape([B, N, D]), `${block}.proj`);
  };

  let x: tf.Tensor = dense(patches(c, images), 'patch_embed.proj');
  x = tf.concat([param('cls_token').tile([B, 1, 1]), x], 1).add(param('pos_embed'));
  const tokens = [x as tf.Tensor3D];
  for (let i = 0; i < c.depth; i++) {
    const block = `blocks.${i}`;
    x = x.add(branch(attention(norm(x, `${block}.norm1`), `${block}.attn`), 2 * i));
    const hidden = gelu(dense(norm(x, `${block}.norm2`), `${block}.mlp.fc1`));
    x = x.add(branch(dense(hidden, `${block}.mlp.fc2`), 2 * i + 1));
    tokens.push(x as tf.Tensor3D);
  }
  const finalNorm = (t: tf.Tensor3D) => norm(t, 'norm') as tf.Tensor3D;
  const normed = finalNorm(x as tf.Tensor3D);
  const logits = dense(normed.slice([0, 0, 0], [B, 1, D]).reshape([B, D]), 'head') as tf.Tensor2D;
  return { tokens, finalNorm, norm: normed, logits };
}

/** Images (B, S, S, C) → patches (B, n, C·P·P), row-major over the grid, each laid out as timm's convolution weight. */
function patches(c: VitConfig, images: tf.Tensor4D): tf.Tensor3D {
  const [g, P, C, B] = [gridSize(c), c.patch_size, c.in_chans, images.shape[0]];
  return images
    .reshape([B, g, P, g, P, C])
    .transpose([0, 1, 3, 5, 2, 4])
    .reshape([B, g * g, C * P * P]);
}

/** (B, 1+n, D) → (B, n, D): the patch tokens, class token left out. */
export function patchTokens(tokens: tf.Tensor3D): tf.Tensor3D {
  const [B, N, D] = tokens.shape;
  return tokens.slice([0, 1, 0], [B, N - 1, D]);
}
