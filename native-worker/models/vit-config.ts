// The Vision Transformer's configuration and the names and shapes of its parameters. Loads no tfjs: checkpoints are read by it alone.
import { patchesOf, prefixTokensOf, type VitShape } from '../../core/recipe-on-data.ts';

/** timm's keyword arguments; those that may be absent have timm's default then. */
export type VitConfig = VitShape;

/** Patches a side and in all. */
export const gridSize = (c: VitConfig): number => c.img_size / c.patch_size;
export const patchCount: (c: VitConfig) => number = patchesOf;

/** Tokens before the patches, in timm's order: class token, then distillation token or registers. */
export const prefixTokens: (c: VitConfig) => number = prefixTokensOf;
export const tokenCount = (c: VitConfig): number => prefixTokens(c) + patchCount(c);

/** Width of the MLP's hidden layer, rounded down as timm does: int(dim * mlp_ratio). */
export const hiddenWidth = (embedDim: number, mlpRatio: number): number => Math.floor(embedDim * mlpRatio);

/** The ratio that gives this hidden width: the quotient, or the next number where rounding would lose one (1 of 49). */
export function mlpRatioOf(hidden: number, embedDim: number): number {
  const ratio = hidden / embedDim;
  return hiddenWidth(embedDim, ratio) === hidden ? ratio : ratio * (1 + Number.EPSILON);
}

/** Shapes by timm's names, Linear weights [out, in], in timm's order; a model of no classes has no head. */
export function vitParameters(c: VitConfig): Record<string, number[]> {
  const [D, K, heads] = [c.embed_dim, c.num_classes, c.num_heads];
  const hidden = hiddenWidth(D, c.mlp_ratio);
  const shapes: Record<string, number[]> = {
    cls_token: [1, 1, D],
    ...(c.reg_tokens ? { reg_token: [1, c.reg_tokens, D] } : {}),
    pos_embed: [1, tokenCount(c), D],
    ...(c.distilled ? { dist_token: [1, 1, D] } : {}),
    'patch_embed.proj.weight': [D, c.in_chans, c.patch_size, c.patch_size],
    'patch_embed.proj.bias': [D],
  };
  const linear = (name: string, out: number, inputs: number) => {
    shapes[`${name}.weight`] = [out, inputs];
    shapes[`${name}.bias`] = [out];
  };
  const vectors = (...names: string[]) => {
    for (const name of names) shapes[name] = [D];
  };
  for (let i = 0; i < c.depth; i++) {
    const block = `blocks.${i}`;
    vectors(`${block}.norm1.weight`, `${block}.norm1.bias`);
    linear(`${block}.attn.qkv`, 3 * D, D);
    linear(`${block}.attn.proj`, D, D);
    if (c.talking_heads) {
      linear(`${block}.attn.proj_l`, heads, heads);
      linear(`${block}.attn.proj_w`, heads, heads);
    }
    if (c.init_values) vectors(`${block}.ls1.gamma`);
    vectors(`${block}.norm2.weight`, `${block}.norm2.bias`);
    linear(`${block}.mlp.fc1`, hidden, D);
    linear(`${block}.mlp.fc2`, D, hidden);
    if (c.init_values) vectors(`${block}.ls2.gamma`);
  }
  const finalNorm = c.fc_norm ? 'fc_norm' : 'norm';
  vectors(`${finalNorm}.weight`, `${finalNorm}.bias`);
  if (K > 0) linear('head', K, D);
  if (K > 0 && c.distilled) linear('head_dist', K, D);
  return shapes;
}

/** Parameters that are part of the model and are not trained. */
export const isFrozen = (c: VitConfig, name: string): boolean => c.pos_embed === 'sincos' && name === 'pos_embed';

/**
 * Fixed position embedding, row-major (prefix + n, D): zeros for the tokens before the patches; for the patch in row y and column x
 * [sin(x w), cos(x w), sin(y w), cos(y w)], w_k = 10000^(-4k/D), k < D/4 (MAE's util/pos_embed.py, get_2d_sincos_pos_embed).
 */
export function sincosPositions(c: VitConfig): Float32Array {
  const [D, grid, quarter] = [c.embed_dim, gridSize(c), c.embed_dim / 4];
  const out = new Float32Array(tokenCount(c) * D);
  for (let patch = 0; patch < grid * grid; patch++) {
    const [x, y] = [patch % grid, Math.floor(patch / grid)];
    const row = (prefixTokens(c) + patch) * D;
    for (let k = 0; k < quarter; k++) {
      const frequency = 10000 ** (-k / quarter);
      [Math.sin(x * frequency), Math.cos(x * frequency), Math.sin(y * frequency), Math.cos(y * frequency)].forEach(
        (v, part) => {
          out[row + part * quarter + k] = v;
        },
      );
    }
  }
  return out;
}
