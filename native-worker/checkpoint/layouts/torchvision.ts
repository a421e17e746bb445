// The layout of torchvision's vit: conv_proj, encoder.layers.encoder_layer_i, heads.
import { mlpRatioOf, type VitConfig, vitParameters } from '../../models/vit-config.ts';
import { depthOf, gridOf, inBlock, type Layout, type Source, squarePatch } from './layout.ts';
import { type Origin, take } from './origin.ts';
import { preLogitsNote } from './timm.ts';

const layer = (block: number) => `encoder.layers.encoder_layer_${block}`;

/** Names in a block of ours → those in a layer of theirs; the MLP's have changed once. */
const inLayer: Readonly<Record<string, string>> = {
  norm1: 'ln_1.',
  norm2: 'ln_2.',
  'attn.qkv': 'self_attention.in_proj_',
  'attn.proj': 'self_attention.out_proj.',
};
const mlps = [
  { 'mlp.fc1': 'mlp.0.', 'mlp.fc2': 'mlp.3.' },
  { 'mlp.fc1': 'mlp.linear_1.', 'mlp.fc2': 'mlp.linear_2.' },
] as const;

const top: Readonly<Record<string, string>> = {
  cls_token: 'class_token',
  pos_embed: 'encoder.pos_embedding',
  'patch_embed.proj.weight': 'conv_proj.weight',
  'patch_embed.proj.bias': 'conv_proj.bias',
  'norm.weight': 'encoder.ln.weight',
  'norm.bias': 'encoder.ln.bias',
};

export const torchvision: Layout = {
  name: "torchvision's vit",
  recognises: ({ tensors }) => tensors.has('conv_proj.weight') && tensors.has('encoder.pos_embedding'),
  read(source) {
    const { file, has } = source;
    const [embed_dim, in_chans, height, width] = source.shape('conv_proj.weight', 4);
    const patch_size = squarePatch(file, 'conv_proj.weight', height, width);
    const mlp = mlps.find((m) => has(`${layer(0)}.${m['mlp.fc1']}weight`)) ?? mlps[0];
    const [hidden] = source.shape(`${layer(0)}.${mlp['mlp.fc1']}weight`, 2);
    const [, positions] = source.shape('encoder.pos_embedding', 3);
    const { grid } = gridOf(file, 'encoder.pos_embedding', positions, 1);
    const preLogits = has('heads.pre_logits.weight');
    const head = headOf(source);
    return {
      words: 'torchvision vit',
      config: {
        img_size: grid * patch_size,
        patch_size,
        in_chans,
        num_classes: head === null || preLogits ? 0 : source.shape(`${head}.weight`, 2)[0],
        embed_dim,
        depth: depthOf(file, /^encoder\.layers\.encoder_layer_(\d+)\./),
        num_heads: null,
        mlp_ratio: mlpRatioOf(hidden, embed_dim),
      },
      origin: (name, c) => originOf(name, c, { ...inLayer, ...mlp }, head ?? 'heads.head'),
      leftOut: (name) => (preLogits && name.startsWith('heads.') ? 'pre_logits and its head' : null),
      notes: preLogits ? [preLogitsNote] : [],
      labels: null,
    };
  },
};

/** heads.head; people who put one layer in place of the module leave `heads` or `head`. */
const headOf = ({ has }: Source): string | null =>
  ['heads.head', 'heads', 'head'].find((name) => has(`${name}.weight`)) ?? null;

function originOf(name: string, c: VitConfig, names: Readonly<Record<string, string>>, head: string): Origin {
  const shape = vitParameters(c)[name] ?? [];
  const [stem, kind] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
  const place = inBlock(stem);
  if (place) return take(`${layer(place[0])}.${names[place[1]]}${kind}`, shape);
  return take(stem === 'head' ? `${head}.${kind}` : (top[name] ?? name), shape);
}
