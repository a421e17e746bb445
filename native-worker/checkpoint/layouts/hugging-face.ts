// The layout of Hugging Face transformers' ViT and DeiT, as its files have it and as its modules name it since version 5, with or
// without the `vit.` or `deit.` before it; what shapes do not tell comes from config.json beside the file.
import { mlpRatioOf, type VitConfig, vitParameters } from '../../models/vit-config.ts';
import { checkpointInvalid } from '../file-bytes.ts';
import type { TensorFile } from '../tensor-file.ts';
import { countIn, depthOf, gridOf, inBlock, type Layout, type Reading, type Source, squarePatch } from './layout.ts';
import { join, type Origin, take, zeros } from './origin.ts';

const projection = 'embeddings.patch_embeddings.projection.weight';
const bases = ['vit.', 'deit.', ''];
const baseOf = (file: TensorFile): string | undefined =>
  bases.find((b) => file.tensors.has(b + projection) && file.tensors.has(`${b}embeddings.position_embeddings`));

/** LayerNorm's epsilon where no config.json says it: transformers' default for both. */
const usualEps = 1e-12;

/** Names in a block of ours → those in a layer of theirs. */
const files: Readonly<Record<string, string>> = {
  norm1: 'layernorm_before',
  norm2: 'layernorm_after',
  'attn.q': 'attention.attention.query',
  'attn.k': 'attention.attention.key',
  'attn.v': 'attention.attention.value',
  'attn.proj': 'attention.output.dense',
  'mlp.fc1': 'intermediate.dense',
  'mlp.fc2': 'output.dense',
};
const modules: Readonly<Record<string, string>> = {
  ...files,
  'attn.q': 'attention.q_proj',
  'attn.k': 'attention.k_proj',
  'attn.v': 'attention.v_proj',
  'attn.proj': 'attention.o_proj',
  'mlp.fc1': 'mlp.fc1',
  'mlp.fc2': 'mlp.fc2',
};

export const huggingFace: Layout = {
  name: "Hugging Face's ViT and DeiT",
  recognises: (file) => baseOf(file) !== undefined,
  read(source) {
    const { file, has } = source;
    const base = baseOf(file) ?? '';
    const asModules = has(`${base}layers.0.layernorm_before.weight`);
    const [layers, names] = asModules ? [`${base}layers`, modules] : [`${base}encoder.layer`, files];
    const [embed_dim, in_chans, height, width] = source.shape(base + projection, 4);
    const patch_size = squarePatch(file, base + projection, height, width);
    const [hidden] = source.shape(`${layers}.0.${names['mlp.fc1']}.weight`, 2);
    const [, positions] = source.shape(`${base}embeddings.position_embeddings`, 3);
    const token = has(`${base}embeddings.distillation_token`);
    const heads = headsOf(source, token);
    const { grid, bare } = gridOf(file, `${base}embeddings.position_embeddings`, positions, token ? 2 : 1);
    if (bare) throw checkpointInvalid(file.path, `expected positions of ${token ? 2 : 1} tokens and G*G patches`);
    const notes: string[] = [];
    const beside = matching(source, embed_dim, notes);
    const eps = typeof beside?.layer_norm_eps === 'number' ? beside.layer_norm_eps : usualEps;
    if (beside?.layer_norm_eps === undefined) notes.push(`LayerNorm's epsilon is not said; ${usualEps} assumed`);
    const act = beside?.hidden_act;
    if (act !== undefined && act !== 'gelu')
      throw checkpointInvalid(file.path, `config.json says hidden_act ${String(act)}; only gelu is computed here`);
    if (heads.folded) notes.push('a distillation token without a head of its own: kept as a register');
    const qkvBias = has(`${layers}.0.${names['attn.q']}.bias`);
    if (!qkvBias) notes.push('query, key and value without bias: zeros here, which changes nothing');
    const config: Reading['config'] = {
      img_size: grid * patch_size,
      patch_size,
      in_chans,
      num_classes: heads.name === null ? 0 : source.shape(`${heads.name}.weight`, 2)[0],
      embed_dim,
      depth: depthOf(file, new RegExp(`^${layers.replaceAll('.', '\\.')}\\.(\\d+)\\.`)),
      num_heads: countIn(beside, 'num_attention_heads'),
      mlp_ratio: mlpRatioOf(hidden, embed_dim),
      ...(heads.folded ? { reg_tokens: 1 } : {}),
      ...(heads.distilled ? { distilled: true } : {}),
      ...(eps === 1e-6 ? {} : { norm_eps: eps }),
    };
    const kind = token || base === 'deit.' ? 'DeiT' : 'ViT';
    return {
      words: `Hugging Face ${kind}${heads.distilled ? ', distilled' : ''}`,
      config,
      origin: (name, c) => originOf(name, c, { base, layers, names, head: heads.name ?? 'classifier', qkvBias }),
      leftOut(name) {
        if (name.startsWith(`${base}pooler.`)) return 'pooler, which a classifier does not use';
        return name === `${base}embeddings.mask_token` ? 'stands for masked patches, in pre-training' : null;
      },
      notes,
      labels: labelsOf(beside, config.num_classes),
    };
  },
};

/** DeiT has its distillation token with one head on the class token, or with a head on either. */
function headsOf({ has }: Source, token: boolean): { name: string | null; distilled: boolean; folded: boolean } {
  if (token && has('cls_classifier.weight')) return { name: 'cls_classifier', distilled: true, folded: false };
  return { name: has('classifier.weight') ? 'classifier' : null, distilled: false, folded: token };
}

interface Place {
  base: string;
  layers: string;
  names: Readonly<Record<string, string>>;
  head: string;
  qkvBias: boolean;
}

function originOf(name: string, c: VitConfig, { base, layers, names, head, qkvBias }: Place): Origin {
  const shape = vitParameters(c)[name] ?? [];
  const D = c.embed_dim;
  const [stem, kind] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
  const top: Readonly<Record<string, string>> = {
    cls_token: `${base}embeddings.cls_token`,
    dist_token: `${base}embeddings.distillation_token`,
    reg_token: `${base}embeddings.distillation_token`,
    pos_embed: `${base}embeddings.position_embeddings`,
    'patch_embed.proj.weight': base + projection,
    'patch_embed.proj.bias': `${base}embeddings.patch_embeddings.projection.bias`,
    'norm.weight': `${base}layernorm.weight`,
    'norm.bias': `${base}layernorm.bias`,
    'head.weight': `${head}.weight`,
    'head.bias': `${head}.bias`,
    'head_dist.weight': 'distillation_classifier.weight',
    'head_dist.bias': 'distillation_classifier.bias',
  };
  const place = inBlock(stem);
  if (!place) return take(top[name] ?? name, shape);
  const layer = `${layers}.${place[0]}`;
  if (place[1] !== 'attn.qkv') return take(`${layer}.${names[place[1]]}.${kind}`, shape);
  if (kind === 'bias' && !qkvBias) return zeros(3 * D);
  return join(
    ...['attn.q', 'attn.k', 'attn.v'].map((p) => take(`${layer}.${names[p]}.${kind}`, kind === 'bias' ? [D] : [D, D])),
  );
}

/** config.json, where it is of this model. */
function matching({ beside }: Source, width: number, notes: string[]): Source['beside'] {
  if (beside === null) {
    notes.push('there is no config.json beside the file');
    return null;
  }
  if (beside.hidden_size === width) return beside;
  notes.push(
    `config.json beside the file is of another model (hidden_size ${String(beside.hidden_size)}, not ${width})`,
  );
  return null;
}

function labelsOf(beside: Source['beside'], classes: number): string[] | null {
  const map = beside?.id2label;
  if (typeof map !== 'object' || map === null) return null;
  const labels = Array.from({ length: classes }, (_, i) => (map as Record<string, unknown>)[i]);
  return labels.every((l) => typeof l === 'string') && classes > 0 ? labels : null;
}
