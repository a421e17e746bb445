// Learning rates by layer, as timm's param_groups_layer_decay (BEiT's rule) on its VisionTransformer.

/** timm's layer ids: tokens, position and patch embedding 0, block i is i + 1, the final norm goes with the last block, heads after it. */
export function layerId(name: string, depth: number): number {
  const block = /^blocks\.(\d+)\./.exec(name)?.[1];
  if (block !== undefined) return Number(block) + 1;
  if (/^(cls_token|reg_token|dist_token|pos_embed|patch_embed\.)/.test(name)) return 0;
  return name.startsWith('norm.') ? depth : depth + 1;
}

/** What a parameter's learning rate is multiplied by: decay^(layers above it); null: 1. */
export const layerScale = (name: string, depth: number, decay: number | null): number =>
  decay === null ? 1 : decay ** (depth + 1 - layerId(name, depth));
