// The layout of timm's vision_transformer, which is ours: ViT, DeiT (distilled too), DeiT-III, registers, LayerScale, fc_norm, and
// talking heads as in CaiT. Facebook's own DeiT files have the same names.
import { hiddenWidth, mlpRatioOf, prefixTokens, type VitConfig, vitParameters } from '../../models/vit-config.ts';
import { checkpointInvalid } from '../file-bytes.ts';
import type { TensorFile } from '../tensor-file.ts';
import { readSavedModel } from '../vit-config.ts';
import { bareNote, countIn, depthOf, gridOf, type Layout, type Reading, type Source, squarePatch } from './layout.ts';
import { join, type Origin, take, zeros } from './origin.ts';

/** Start of LayerScale where a file has its factors and does not say what they began at (timm's default). */
const usualInitValues = 1e-5;

/** What the absent fields of a configuration mean. */
const absent: Readonly<Record<string, unknown>> = {
  global_pool: 'token',
  pos_embed: 'learn',
  reg_tokens: 0,
  distilled: false,
  talking_heads: false,
  fc_norm: false,
  norm_eps: 1e-6,
};

/** What every name of the model begins with (`backbone.`, `encoder.` …); undefined where that is not one prefix. */
function prefixOf(file: TensorFile): string | undefined {
  const ends = [...file.tensors.keys()].filter((name) => name.endsWith('patch_embed.proj.weight'));
  return ends.length === 1 ? ends[0]?.slice(0, -'patch_embed.proj.weight'.length) : undefined;
}

export const timm: Layout = {
  name: "timm's vision_transformer",
  recognises(file) {
    const prefix = prefixOf(file);
    return prefix !== undefined && [...file.tensors.keys()].some((n) => n.startsWith(`${prefix}blocks.0.attn.`));
  },
  read(source) {
    const { file } = source;
    const prefix = prefixOf(file) ?? '';
    const has = (name: string) => source.has(prefix + name);
    const said = readSavedModel(file) ?? {};
    const [embed_dim, in_chans, height, width] = source.shape(`${prefix}patch_embed.proj.weight`, 4);
    const patch_size = squarePatch(file, `${prefix}patch_embed.proj.weight`, height, width);
    const [hidden] = source.shape(`${prefix}blocks.0.mlp.fc1.weight`, 2);
    const config: Reading['config'] = {
      img_size: 0,
      patch_size,
      in_chans,
      num_classes: has('head.weight') ? source.shape(`${prefix}head.weight`, 2)[0] : 0,
      embed_dim,
      depth: depthOf(file, new RegExp(`^${prefix.replaceAll('.', '\\.')}blocks\\.(\\d+)\\.`)),
      num_heads: said.num_heads ?? headsBeside(source),
      mlp_ratio: mlpRatioOf(hidden, embed_dim),
      ...variantOf(source, prefix, said),
    };
    const [, positions] = source.shape(`${prefix}pos_embed`, 3);
    const before = prefixTokens(config as VitConfig);
    const saidGrid = said.img_size && said.img_size / (said.patch_size ?? patch_size);
    const { grid, bare } = gridOf(file, `${prefix}pos_embed`, positions, before, saidGrid);
    config.img_size = grid * patch_size;
    agrees(file, config, said, hidden);
    if (said.mlp_ratio) config.mlp_ratio = said.mlp_ratio;
    const foldedToken = has('dist_token') && !config.distilled;
    const notes = prefix === '' ? [] : [`took the tensors under "${prefix}"`];
    if (bare) notes.push(bareNote(before));
    if (foldedToken) notes.push('a distillation token without a head of its own: kept as a register');
    const preLogits = has('pre_logits.fc.weight');
    if (preLogits) {
      config.num_classes = 0;
      notes.push(preLogitsNote);
    }
    const qkvBias = has('blocks.0.attn.qkv.bias');
    if (!qkvBias) notes.push('query, key and value without bias: zeros here, which changes nothing');
    return {
      words: wordsOf(config, bare),
      config,
      origin: (name, c) =>
        originOf(prefix, name, c, { bare, foldedToken, qkvBias, gamma: !has('blocks.0.ls1.gamma') && 'gamma_' }),
      leftOut(name) {
        if (!name.startsWith(prefix)) return `lies outside of "${prefix}"`;
        if (preLogits && /^(pre_logits|head(_dist)?)\./.test(name.slice(prefix.length)))
          return 'pre_logits and its head';
        return name === `${prefix}mask_token` ? 'stands for masked patches, in pre-training' : null;
      },
      notes,
      labels: null,
    };
  },
};

/** Also of Google's files. */
export const preLogitsNote =
  'pre_logits, a layer before the head that this model has not, and the head behind it are left out';

function originOf(
  prefix: string,
  name: string,
  config: VitConfig,
  file: { bare: boolean; foldedToken: boolean; qkvBias: boolean; gamma: string | false },
): Origin {
  const shape = vitParameters(config)[name] ?? [];
  const D = config.embed_dim;
  if (name === 'pos_embed' && file.bare) {
    const before = prefixTokens(config);
    return join(zeros(before * D), take(`${prefix}pos_embed`, [1, (shape[1] ?? 0) - before, D]));
  }
  if (name === 'reg_token' && file.foldedToken) return take(`${prefix}dist_token`, shape);
  if (name.endsWith('.attn.qkv.bias') && !file.qkvBias) return zeros(3 * D);
  const scale = file.gamma === false ? null : /^(.*\.)ls([12])\.gamma$/.exec(name);
  if (scale) return take(`${prefix}${scale[1]}${file.gamma}${scale[2]}`, shape);
  return take(prefix + name, shape);
}

/** What differs from timm's plain ViT: told by names and shapes; pooling and fixed positions by the file's word alone. */
function variantOf(source: Source, prefix: string, said: Partial<VitConfig>): Partial<VitConfig> {
  const has = (name: string) => source.has(prefix + name);
  if (!has('cls_token'))
    throw checkpointInvalid(
      source.file.path,
      'expected a class token, found none; models without one are not read',
      `${prefix}cls_token`,
      'timm writes such files with class_token=False.',
    );
  const folded = has('dist_token') && has('head.weight') && !has('head_dist.weight');
  const registers = has('reg_token') ? source.shape(`${prefix}reg_token`, 3)[1] : folded ? 1 : 0;
  const fcNorm = has('fc_norm.weight') && !has('norm.weight');
  const pool = said.global_pool ?? (fcNorm ? 'avg' : poolBeside(source));
  const scaled = has('blocks.0.ls1.gamma') || has('blocks.0.gamma_1');
  return {
    ...(pool === 'avg' ? { global_pool: 'avg' } : {}),
    ...(said.pos_embed === 'sincos' ? { pos_embed: 'sincos' } : {}),
    ...(registers > 0 ? { reg_tokens: registers } : {}),
    ...(has('dist_token') && !folded ? { distilled: true } : {}),
    ...(has('blocks.0.attn.proj_l.weight') ? { talking_heads: true } : {}),
    ...(scaled ? { init_values: said.init_values ?? usualInitValues } : {}),
    ...(fcNorm ? { fc_norm: true } : {}),
    ...(said.norm_eps !== undefined && said.norm_eps !== 1e-6 ? { norm_eps: said.norm_eps } : {}),
  };
}

/** timm's config.json on the Hub. */
function headsBeside({ beside }: Source): number | null {
  const args = beside?.model_args;
  return typeof args === 'object' && args !== null ? countIn(args as Record<string, unknown>, 'num_heads') : null;
}
const poolBeside = ({ beside }: Source): 'avg' | 'token' =>
  beside?.architecture !== undefined && beside.global_pool === 'avg' ? 'avg' : 'token';

/** Throws CHECKPOINT_INVALID where the file's word about itself is another than its tensors'. */
function agrees(file: TensorFile, config: Reading['config'], said: Partial<VitConfig>, hidden: number): void {
  for (const [key, value] of Object.entries(said)) {
    const found = config[key as keyof Reading['config']] ?? absent[key] ?? 'none';
    if (key === 'mlp_ratio' ? hiddenWidth(config.embed_dim, Number(value)) !== hidden : value !== found)
      throw checkpointInvalid(file.path, `metadata says ${key} ${value}, the tensors ${found}`);
  }
}

function wordsOf(c: Reading['config'], bare: boolean): string {
  const parts = [
    c.distilled ? 'distilled (DeiT)' : '',
    bare ? 'positions of patches alone' : '',
    c.init_values ? `LayerScale${bare && !c.reg_tokens ? ' (DeiT-III)' : ''}` : '',
    c.reg_tokens ? `${c.reg_tokens} register${c.reg_tokens > 1 ? 's' : ''}` : '',
    c.talking_heads ? 'talking heads' : '',
    c.fc_norm ? 'norm behind the pooling' : '',
  ].filter((p) => p !== '');
  return ['timm vision_transformer', ...parts].join(', ');
}
