// What a training will take, before it starts: parameters, floating-point operations, memory, time. Pure. N tokens (n patches and those
// before them), width D, MLP width H, L blocks, K classes, C channels, patch side P. A multiply and its add are two operations.
import type { Recipe } from '../contract/recipe.ts';
import { patchesOf as patches, prefixTokensOf, scheduleOf, type VitShape } from './recipe-on-data.ts';

const tokens = (m: VitShape): number => prefixTokensOf(m) + patches(m);
const heads = (m: VitShape): number => (m.distilled ? 2 : 1);
const hidden = (m: VitShape): number => Math.floor(m.embed_dim * m.mlp_ratio);
const patchInputs = (m: VitShape): number => m.in_chans * m.patch_size ** 2;

/** Parameters of timm's vision_transformer of this shape; the patch head of patch mixing is not among them. */
export function vitParameterCount(m: VitShape): number {
  const [D, H, K] = [m.embed_dim, hidden(m), m.num_classes];
  const embedding = prefixTokensOf(m) * D + tokens(m) * D + D * patchInputs(m) + D;
  const talking = m.talking_heads ? 2 * (m.num_heads ** 2 + m.num_heads) : 0;
  const scales = m.init_values ? 2 * D : 0;
  const block = 2 * D + (3 * D * D + 3 * D) + (D * D + D) + 2 * D + (H * D + H) + (D * H + D);
  return embedding + m.depth * (block + talking + scales) + 2 * D + heads(m) * (K * D + K);
}

/** Parameters of the head that patch mixing trains beside the model. */
export const patchHeadCount = (m: VitShape): number => m.num_classes * m.embed_dim + m.num_classes;

const patchEmbedding = (m: VitShape): number => 2 * patches(m) * patchInputs(m) * m.embed_dim;

/** Operations of the matrix products of one image's forward pass: patch embedding, per block qkv, q·k, talking heads, weights·v, projection and MLP, heads. */
export function forwardFlops(m: VitShape): number {
  const [D, H] = [m.embed_dim, hidden(m)];
  const N = tokens(m);
  const talking = m.talking_heads ? 2 * (2 * N * N * m.num_heads ** 2) : 0;
  const block = 2 * N * D * 3 * D + 2 * N * N * D + talking + 2 * N * N * D + 2 * N * D * D + 2 * (2 * N * D * H);
  return patchEmbedding(m) + m.depth * block + heads(m) * 2 * D * m.num_classes;
}

/** Of a forward pass and its gradients: each product costs two more, except that images need no gradient. */
export const trainingFlops = (m: VitShape): number => 3 * forwardFlops(m) - patchEmbedding(m);

/**
 * What the patch losses add per image, forward and backward: all pairs of patches for cosine (diverse-vit needs none), a head for mixing,
 * on every patch or, in reference-code, on two pooled regions.
 */
export function lossFlops(m: VitShape, losses: Recipe['losses']): number {
  const n = patches(m);
  const pairs = losses.patch_cosine > 0 && losses.definition !== 'diverse-vit' ? 2 * n * n * m.embed_dim : 0;
  const classified = losses.definition === 'reference-code' ? 2 : n;
  const head = losses.patch_mixing > 0 ? 2 * classified * m.embed_dim * m.num_classes : 0;
  return 3 * (pairs + head);
}

/** Images a forward pass without gradients takes: about 4,096 patches, at least `atLeast`, at most 256. */
const evaluationImages = (m: VitShape, atLeast: number): number =>
  Math.min(256, Math.max(atLeast, Math.floor(4096 / patches(m))));

/** Compilers keep this much more than what a step's gradients need (measured beside bench's shapes A to D: 1.3 to 2.6). */
const workspace = 1.5;

/**
 * Bytes of a run beyond the loaded engine: weights, gradients, both moments, the sum of accumulated gradients and the moving average
 * where they are on, each as float32; and what the backward pass keeps of a batch: per block the normalised inputs, q, k, v, the
 * attention weights before and after softmax (talking heads and dropout: once more each), and the MLP's hidden layer at three points
 * (dropout: its mask).
 */
export function memoryBytes(recipe: Recipe, m: VitShape): number {
  const { patch_mixing, definition } = recipe.losses;
  const parameters = vitParameterCount(m) + (patch_mixing > 0 && definition !== 'diverse-vit' ? patchHeadCount(m) : 0);
  const copies = 4 + (recipe.optim.model_ema ? 1 : 0) + (recipe.train.grad_accum > 1 ? 1 : 0);
  const [D, H] = [m.embed_dim, hidden(m)];
  const N = tokens(m);
  const { attn_drop_rate, proj_drop_rate } = recipe.model;
  const maps = 2 + (m.talking_heads ? 2 : 0) + (attn_drop_rate > 0 ? 1 : 0);
  const masks = proj_drop_rate > 0 ? 2 * N * D + N * H : 0;
  const block = 8 * N * D + 3 * N * H + maps * m.num_heads * N * N + masks;
  const training = recipe.train.batch_size * m.depth * block;
  const evaluation = evaluationImages(m, recipe.train.batch_size) * (m.depth * N * D + block);
  return 4 * (copies * parameters + workspace * Math.max(training, evaluation));
}

export interface Work {
  parameters: number;
  flopsPerStep: number;
  steps: number;
  stepsPerEpoch: number;
  /** Of the whole run, evaluations and probes included. */
  flops: number;
  memory: number;
}

/** `train`, `val`: images that are trained and measured on, after the recipe's limits. */
export function estimateWork(recipe: Recipe, m: VitShape, images: { train: number; val: number }): Work {
  const { stepsPerEpoch, steps } = scheduleOf(recipe, images.train);
  const perStep = recipe.train.batch_size * recipe.train.grad_accum;
  const flopsPerStep = perStep * (trainingFlops(m) + lossFlops(m, recipe.losses));
  const times = (every: number | null) => (every === null || every <= 0 ? 0 : Math.floor(steps / every));
  const epochs = (every: number | null) => (every === null ? null : every * stepsPerEpoch);
  const evaluations = 1 + times(epochs(recipe.train.eval_every_epochs));
  const probes = 1 + times(recipe.probe.every_steps) + times(epochs(recipe.probe.every_epochs));
  const models = recipe.optim.model_ema ? 2 : 1;
  const layers = (m.depth + 1) * 2 * patches(m) ** 2 * m.embed_dim * recipe.probe.taps.length;
  const measured =
    evaluations * models * images.val * forwardFlops(m) + probes * recipe.probe.images * (forwardFlops(m) + layers);
  return {
    parameters: vitParameterCount(m),
    flopsPerStep,
    steps,
    stepsPerEpoch,
    flops: steps * flopsPerStep + measured,
    memory: memoryBytes(recipe, m),
  };
}

/** Speed at a model's width out of those measured at others: straight between them on a log scale of the width, level beyond. */
export function gflopsAt(points: readonly { width: number; gflops: number }[], width: number): number {
  const sorted = [...points].sort((a, b) => a.width - b.width);
  const above = sorted.findIndex((p) => p.width >= width);
  const [low, high] = [sorted[above - 1], sorted[above]];
  if (!high) return sorted.at(-1)?.gflops ?? Number.NaN;
  if (!low || high.width === width) return high.gflops;
  const share = Math.log(width / low.width) / Math.log(high.width / low.width);
  return low.gflops + share * (high.gflops - low.gflops);
}
