// Whether a recipe's model can start from a checkpoint's weights: what must agree, by the recipe's fields, and what to write so that it
// does. Pure; what can be fitted (image size, channels, classes) is no disagreement.
import type { Problem } from '../contract/errors.ts';
import type { VitShape } from './recipe-on-data.ts';

/** Width of the MLP's hidden layer, as timm rounds it. */
const hidden = (c: VitShape): number => Math.floor(c.embed_dim * c.mlp_ratio);

/** Fields of `model` that decide which weights there are, with a checkpoint's values; what is off is absent. */
export function fieldsOf(c: VitShape): Record<string, number | boolean | string> {
  return {
    patch_size: c.patch_size,
    embed_dim: c.embed_dim,
    depth: c.depth,
    num_heads: c.num_heads,
    mlp_ratio: c.mlp_ratio,
    ...(c.global_pool === 'avg' ? { global_pool: 'avg' } : {}),
    ...(c.pos_embed === 'sincos' ? { pos_embed: 'sincos' } : {}),
    ...(c.reg_tokens ? { reg_tokens: c.reg_tokens } : {}),
    ...(c.distilled ? { distilled: true } : {}),
    ...(c.talking_heads ? { talking_heads: true } : {}),
    ...(c.init_values ? { init_values: c.init_values } : {}),
  };
}

/** The same as a line of a recipe. */
export const modelLine = (c: VitShape): string =>
  `model: { ${Object.entries(fieldsOf(c))
    .map(([field, value]) => `${field}: ${value}`)
    .join(', ')} }`;

export interface FitOptions {
  /** The patch embedding may be resized. */
  resizePatches: boolean;
}

/** Where a recipe's model is another one than a checkpoint's, both values named; empty where it can start from it. */
export function fitProblems(checkpoint: VitShape, model: VitShape, { resizePatches }: FitOptions): Problem[] {
  const problems: Problem[] = [];
  const differs = (field: string, theirs: unknown, ours: unknown, more = '') =>
    problems.push({ where: `model.${field}`, message: `the checkpoint has ${theirs}, the recipe ${ours}${more}` });
  if (checkpoint.patch_size !== model.patch_size && !resizePatches)
    differs('patch_size', checkpoint.patch_size, model.patch_size, '; model.resize_patches: true would resize them');
  const ours = counted(model);
  for (const [field, theirs] of Object.entries(counted(checkpoint)))
    if (theirs !== ours[field]) differs(field, theirs, ours[field]);
  if (!sameRatio(checkpoint, model)) differs('mlp_ratio', checkpoint.mlp_ratio, model.mlp_ratio);
  if (!checkpoint.init_values !== !model.init_values)
    differs('init_values', checkpoint.init_values ? 'LayerScale' : 'none', model.init_values ?? 'none');
  if (model.pos_embed === 'sincos' && checkpoint.pos_embed !== 'sincos') differs('pos_embed', 'learn', 'sincos');
  if (checkpoint.fc_norm)
    problems.push({
      where: 'model.global_pool',
      message: 'the checkpoint has its norm behind the pooling, which is not trained here',
    });
  return problems;
}

const counted = (c: VitShape): Record<string, number | boolean> => ({
  embed_dim: c.embed_dim,
  depth: c.depth,
  num_heads: c.num_heads,
  reg_tokens: c.reg_tokens ?? 0,
  distilled: c.distilled ?? false,
  talking_heads: c.talking_heads ?? false,
});

/** Of one width: the same hidden units; else the same ratio, as far as rounding to whole units leaves it. */
const sameRatio = (a: VitShape, b: VitShape): boolean =>
  a.embed_dim === b.embed_dim ? hidden(a) === hidden(b) : Math.abs(a.mlp_ratio - b.mlp_ratio) < 1 / a.embed_dim;
