// What a recipe becomes on a dataset of a given shape: its steps, its model, and what the data makes impossible. Pure.
import type { Problem } from '../contract/errors.ts';
import type { Recipe } from '../contract/recipe.ts';

export interface DataShape {
  classes: number;
  channels: number;
  /** Of every image, where they have one; null: each its own. */
  size: { width: number; height: number } | null;
  /** Images that are trained on, after the recipe's limit. */
  trainImages: number;
}

/** timm's keyword arguments of a Vision Transformer. */
export interface VitShape {
  img_size: number;
  patch_size: number;
  in_chans: number;
  num_classes: number;
  embed_dim: number;
  depth: number;
  num_heads: number;
  mlp_ratio: number;
  /** Absent: token. */
  global_pool?: 'token' | 'avg';
  /** Absent: learn. sincos: fixed; timm knows it as an ordinary pos_embed. */
  pos_embed?: 'learn' | 'sincos';
  reg_tokens?: number;
  distilled?: boolean;
  /** timm has it in cait alone (attn.proj_l, attn.proj_w). */
  talking_heads?: boolean;
  /** Start of LayerScale's factors; absent: no LayerScale. */
  init_values?: number;
  /** The final norm lies behind the pooling instead of before it. */
  fc_norm?: boolean;
  /** Epsilon of every LayerNorm; absent: 1e-6, as timm has it. */
  norm_eps?: number;
}

/** Patches of an image. */
export const patchesOf = (m: VitShape): number => (m.img_size / m.patch_size) ** 2;

/** Tokens before the patches: class token, distillation token, registers. */
export const prefixTokensOf = (m: VitShape): number => 1 + (m.distilled ? 1 : 0) + (m.reg_tokens ?? 0);

export const modelOf = (recipe: Recipe, data: Pick<DataShape, 'classes' | 'channels'>): VitShape => ({
  img_size: recipe.data.img_size,
  patch_size: recipe.model.patch_size,
  in_chans: recipe.model.in_chans ?? data.channels,
  num_classes: data.classes,
  embed_dim: recipe.model.embed_dim,
  depth: recipe.model.depth,
  num_heads: recipe.model.num_heads,
  mlp_ratio: recipe.model.mlp_ratio,
  ...variantOf(recipe.model),
});

/** What differs from timm's defaults. */
const variantOf = (m: Recipe['model']): Partial<VitShape> => ({
  ...(m.global_pool === 'avg' ? { global_pool: m.global_pool } : {}),
  ...(m.pos_embed === 'sincos' ? { pos_embed: m.pos_embed } : {}),
  ...(m.reg_tokens > 0 ? { reg_tokens: m.reg_tokens } : {}),
  ...(m.distilled ? { distilled: true } : {}),
  ...(m.talking_heads ? { talking_heads: true } : {}),
  ...(m.init_values === null ? {} : { init_values: m.init_values }),
});

/** Whether images of a batch are mixed: by patch mixing, mixup or CutMix. */
export const mixesImages = ({ losses, augment }: Recipe): boolean =>
  losses.patch_mixing > 0 || (augment.mixup_prob > 0 && (augment.mixup > 0 || augment.cutmix > 0));

/** Optimiser steps per epoch (a last batch that is not full is left out) and in all. */
export function scheduleOf({ train }: Recipe, trainImages: number): { stepsPerEpoch: number; steps: number } {
  const stepsPerEpoch = Math.floor(trainImages / (train.batch_size * train.grad_accum));
  return { stepsPerEpoch, steps: train.max_steps ?? Math.max(1, Math.round(train.epochs * stepsPerEpoch)) };
}

/** Fields of the recipe that this data makes impossible; empty where it can be trained on. */
export function dataProblems(recipe: Recipe, data: DataShape): Problem[] {
  const problems: Problem[] = [];
  const refuse = (where: string, message: string) => problems.push({ where, message });
  const { mean } = recipe.data;
  const { batch_size, grad_accum } = recipe.train;
  const channels = recipe.model.in_chans ?? data.channels;
  if (mean.length !== channels)
    refuse('data.mean', `has ${mean.length} values, the images have ${channels} channel${channels > 1 ? 's' : ''}`);
  if (scheduleOf(recipe, data.trainImages).stepsPerEpoch < 1)
    refuse(
      'train.batch_size',
      `${batch_size} x grad_accum ${grad_accum} is more than the ${data.trainImages} training images`,
    );
  return problems;
}
