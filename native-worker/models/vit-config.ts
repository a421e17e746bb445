// The Vision Transformer's configuration and the names and shapes of its parameters. Loads no tfjs: checkpoints are read by it alone.

/** timm's keyword arguments. */
export interface VitConfig {
  img_size: number;
  patch_size: number;
  in_chans: number;
  num_classes: number;
  embed_dim: number;
  depth: number;
  num_heads: number;
  mlp_ratio: number;
}

/** Patches a side and in all. */
export const gridSize = (c: VitConfig): number => c.img_size / c.patch_size;
export const patchCount = (c: VitConfig): number => gridSize(c) ** 2;

/** Width of the MLP's hidden layer, rounded down as timm does: int(dim * mlp_ratio). */
export const hiddenWidth = (embedDim: number, mlpRatio: number): number => Math.floor(embedDim * mlpRatio);

/** The ratio that gives this hidden width: the quotient, or the next number where rounding would lose one (1 of 49). */
export function mlpRatioOf(hidden: number, embedDim: number): number {
  const ratio = hidden / embedDim;
  return hiddenWidth(embedDim, ratio) === hidden ? ratio : ratio * (1 + Number.EPSILON);
}

/** Shapes by timm's names, Linear weights [out, in], in timm's order. */
export function vitParameters(c: VitConfig): Record<string, number[]> {
  const D = c.embed_dim;
  const hidden = hiddenWidth(D, c.mlp_ratio);
  const shapes: Record<string, number[]> = {
    cls_token: [1, 1, D],
    pos_embed: [1, patchCount(c) + 1, D],
    'patch_embed.proj.weight': [D, c.in_chans, c.patch_size, c.patch_size],
    'patch_embed.proj.bias': [D],
  };
  for (let i = 0; i < c.depth; i++) {
    Object.assign(shapes, {
      [`blocks.${i}.norm1.weight`]: [D],
      [`blocks.${i}.norm1.bias`]: [D],
      [`blocks.${i}.attn.qkv.weight`]: [3 * D, D],
      [`blocks.${i}.attn.qkv.bias`]: [3 * D],
      [`blocks.${i}.attn.proj.weight`]: [D, D],
      [`blocks.${i}.attn.proj.bias`]: [D],
      [`blocks.${i}.norm2.weight`]: [D],
      [`blocks.${i}.norm2.bias`]: [D],
      [`blocks.${i}.mlp.fc1.weight`]: [hidden, D],
      [`blocks.${i}.mlp.fc1.bias`]: [hidden],
      [`blocks.${i}.mlp.fc2.weight`]: [D, hidden],
      [`blocks.${i}.mlp.fc2.bias`]: [D],
    });
  }
  return {
    ...shapes,
    'norm.weight': [D],
    'norm.bias': [D],
    'head.weight': [c.num_classes, D],
    'head.bias': [c.num_classes],
  };
}
