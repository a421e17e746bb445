// The Vision Transformer (Dosovitskiy et al. 2021) as timm's vision_transformer has it: pre-norm, exact GELU, class token. With it
// timm's variants: registers, distillation token, mean pooling, LayerScale, talking heads. Plain tfjs functions of (weights,
// images); it does not know whether it is traced, trained or measured.
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from './layer-norm.ts';
import type { DropSite, Noise } from './noise.ts';
import { gridSize, patchCount, prefixTokens, tokenCount, type VitConfig, vitParameters } from './vit-config.ts';

export { gridSize, patchCount, prefixTokens, type VitConfig, vitParameters };

export type Weights = Readonly<Record<string, tf.Tensor>>;

/** N = prefix + n tokens: the class token, the distillation token or registers, then n patches. */
export interface VitOutput {
  /** (B, n, D): patches as embedded, position embedding not added. */
  embedded: tf.Tensor3D;
  /** tokens[0]: embedded patches with prefix tokens and position embedding; tokens[l]: raw output of block l. Each (B, N, D). */
  tokens: tf.Tensor3D[];
  /** The final LayerNorm, for any tokens; with `fc_norm`, which lies behind the pooling, the tokens themselves. */
  finalNorm(tokens: tf.Tensor3D): tf.Tensor3D;
  /** finalNorm(tokens[depth]), (B, N, D). */
  norm: tf.Tensor3D;
  /** (B, num_classes): of the class token or the mean patch; distilled: the mean of both heads. Without classes: what a head would see. */
  logits: tf.Tensor2D;
  /** (B, N, D) → (B, n, D): the patch tokens, all before them left out. */
  patches(tokens: tf.Tensor3D): tf.Tensor3D;
  /** The class head, for any features (…, D). */
  head(features: tf.Tensor): tf.Tensor;
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

/** Runs the model on images (B, S, S, C), already normalised; `noise` is what is random in training. */
export function vit(c: VitConfig, w: Weights, images: tf.Tensor4D, noise: Noise = {}): VitOutput {
  const B = images.shape[0];
  const [D, N, heads] = [c.embed_dim, tokenCount(c), c.num_heads];
  const headDim = D / heads;
  const param = (name: string): tf.Tensor => {
    const t = w[name];
    if (!t) throw new Error(`vit: no weight ${name}`);
    return t;
  };
  const norm = (x: tf.Tensor, name: string) => layerNorm(x, param(`${name}.weight`), param(`${name}.bias`), c.norm_eps);
  const dense = (x: tf.Tensor, name: string) => linear(x, param(`${name}.weight`), param(`${name}.bias`));
  const drop = (x: tf.Tensor, site: DropSite) => noise.dropout?.(x, site) ?? x;
  /** A residual branch: LayerScale, then stochastic depth. */
  const branch = (x: tf.Tensor, row: number, scale: string) => {
    const scaled = c.init_values ? x.mul(param(scale)) : x;
    return noise.dropPath ? scaled.mul(noise.dropPath.slice([row, 0], [1, B]).reshape([B, 1, 1])) : scaled;
  };
  /** A linear map over the heads of attention maps (B, heads, N, N): Shazeer et al. 2020, as in timm's cait. */
  const acrossHeads = (maps: tf.Tensor, name: string) => {
    const mixed = tf.matMul(param(`${name}.weight`), maps.transpose([1, 0, 2, 3]).reshape([heads, B * N * N]));
    return mixed
      .add(param(`${name}.bias`).reshape([heads, 1]))
      .reshape([heads, B, N, N])
      .transpose([1, 0, 2, 3]);
  };

  const attention = (x: tf.Tensor, block: string) => {
    const qkv = dense(x, `${block}.qkv`).reshape([B, N, 3, heads, headDim]).transpose([2, 0, 3, 1, 4]);
    const [q, k, v] = [0, 1, 2].map((i) =>
      qkv.slice([i, 0, 0, 0, 0], [1, B, heads, N, headDim]).reshape([B, heads, N, headDim]),
    );
    const scores = tf.matMul(q as tf.Tensor, k as tf.Tensor, false, true).mul(headDim ** -0.5);
    const maps = c.talking_heads
      ? acrossHeads(tf.softmax(acrossHeads(scores, `${block}.proj_l`)), `${block}.proj_w`)
      : tf.softmax(scores);
    const mixed = tf.matMul(drop(maps, 'attn'), v as tf.Tensor);
    return drop(dense(mixed.transpose([0, 2, 1, 3]).reshape([B, N, D]), `${block}.proj`), 'proj');
  };
  const mlp = (x: tf.Tensor, block: string) =>
    drop(dense(drop(gelu(dense(x, `${block}.fc1`)), 'proj'), `${block}.fc2`), 'proj');

  const embedded = dense(patches(c, images), 'patch_embed.proj') as tf.Tensor3D;
  const prefix = ['cls_token', ...(c.distilled ? ['dist_token'] : []), ...(c.reg_tokens ? ['reg_token'] : [])];
  let x: tf.Tensor = tf.concat([...prefix.map((name) => param(name).tile([B, 1, 1])), embedded], 1);
  x = drop(x.add(param('pos_embed')), 'pos');
  const tokens = [x as tf.Tensor3D];
  for (let i = 0; i < c.depth; i++) {
    const block = `blocks.${i}`;
    x = x.add(branch(attention(norm(x, `${block}.norm1`), `${block}.attn`), 2 * i, `${block}.ls1.gamma`));
    x = x.add(branch(mlp(norm(x, `${block}.norm2`), `${block}.mlp`), 2 * i + 1, `${block}.ls2.gamma`));
    tokens.push(x as tf.Tensor3D);
  }
  const finalNorm = (t: tf.Tensor3D) => (c.fc_norm ? t : (norm(t, 'norm') as tf.Tensor3D));
  const normed = finalNorm(x as tf.Tensor3D);
  const patchesOf = (t: tf.Tensor3D) => patchTokens(c, t);
  const feature = (x: tf.Tensor) => drop(c.fc_norm ? norm(x, 'fc_norm') : x, 'head');
  const token = (at: number) => feature(normed.slice([0, at, 0], [B, 1, D]).reshape([B, D]));
  const head = (features: tf.Tensor, name = 'head') => (c.num_classes > 0 ? dense(features, name) : features);
  const pooled = () => (c.global_pool === 'avg' ? feature(patchesOf(normed).mean(1)) : token(0));
  const logits = c.distilled
    ? head(token(0))
        .add(head(token(1), 'head_dist'))
        .mul(0.5)
    : head(pooled());
  return { embedded, tokens, finalNorm, norm: normed, logits: logits as tf.Tensor2D, patches: patchesOf, head };
}

/** Images (B, S, S, C) → patches (B, n, C·P·P), row-major over the grid, each laid out as timm's convolution weight. */
function patches(c: VitConfig, images: tf.Tensor4D): tf.Tensor3D {
  const [g, P, C, B] = [gridSize(c), c.patch_size, c.in_chans, images.shape[0]];
  return images
    .reshape([B, g, P, g, P, C])
    .transpose([0, 1, 3, 5, 2, 4])
    .reshape([B, g * g, C * P * P]);
}

/** (B, N, D) → (B, n, D): the patch tokens, all before them left out. */
function patchTokens(c: VitConfig, tokens: tf.Tensor3D): tf.Tensor3D {
  const [B, , D] = tokens.shape;
  return tokens.slice([0, prefixTokens(c), 0], [B, patchCount(c), D]);
}
