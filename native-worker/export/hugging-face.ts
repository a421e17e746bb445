// A model as the Hugging Face Hub knows it: ViT's class for classification, or DeiT's where there is a second token. Names as
// transformers has published them since version 4; later versions read them too. What it has no place for is refused by name.
import type { Problem } from '../../contract/errors.ts';
import type { ModelTensor } from '../checkpoint/layouts/origin.ts';
import type { StreamedTensor } from '../checkpoint/write-safetensors.ts';
import { hiddenWidth, type VitConfig } from '../models/vit-config.ts';
import { bytesOf, type ExportedModel, float32Tensor } from './model.ts';
import { notExpressible } from './refused.ts';

export const hubFiles = ['model.safetensors', 'config.json', 'preprocessor_config.json'] as const;

/** Throws USAGE naming every part of the model that transformers' ViT and DeiT do not have. */
export function checkHubModel(c: VitConfig): void {
  const problems: Problem[] = [];
  const refuse = (where: string, is: unknown, message: string) => {
    if (is) problems.push({ where, message });
  };
  refuse('reg_tokens', (c.reg_tokens ?? 0) > (c.distilled ? 0 : 1), `${c.reg_tokens} registers`);
  refuse('talking_heads', c.talking_heads, 'talking heads');
  refuse('init_values', c.init_values, 'LayerScale');
  refuse('global_pool', c.global_pool === 'avg', 'the mean of the patches as features');
  refuse('fc_norm', c.fc_norm, 'the norm behind the pooling');
  refuse('num_classes', c.num_classes === 0, 'no class head');
  if (problems.length > 0) throw notExpressible('hugging-face', problems);
}

/** One register is what DeiT's distillation token is where only the class token has a head. */
const isDeit = (c: VitConfig): boolean => c.distilled === true || c.reg_tokens === 1;

export function hubClass(c: VitConfig): string {
  if (c.distilled) return 'DeiTForImageClassificationWithTeacher';
  return isDeit(c) ? 'DeiTForImageClassification' : 'ViTForImageClassification';
}

/** Always written, since transformers' default is 1e-12. */
const usualEpsilon = 1e-6;

export function hubConfig({ config: c, labels }: ExportedModel): Record<string, unknown> {
  const names = Array.from({ length: c.num_classes }, (_, i) => labels?.[i] ?? `LABEL_${i}`);
  return {
    architectures: [hubClass(c)],
    model_type: isDeit(c) ? 'deit' : 'vit',
    hidden_size: c.embed_dim,
    num_hidden_layers: c.depth,
    num_attention_heads: c.num_heads,
    intermediate_size: hiddenWidth(c.embed_dim, c.mlp_ratio),
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    layer_norm_eps: c.norm_eps ?? usualEpsilon,
    image_size: c.img_size,
    patch_size: c.patch_size,
    num_channels: c.in_chans,
    qkv_bias: true,
    id2label: Object.fromEntries(names.map((name, i) => [String(i), name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
    torch_dtype: 'float32',
  };
}

/** PIL's number of bicubic. */
const bicubic = 3;
/** What transformers assumes where a processor says nothing. */
const half = 0.5;

export function hubPreprocessor({ config: c, normalisation }: ExportedModel): Record<string, unknown> {
  const unknown = new Array<number>(c.in_chans).fill(half);
  return {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: c.img_size, width: c.img_size },
    resample: bicubic,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: normalisation?.mean ?? unknown,
    image_std: normalisation?.std ?? unknown,
  };
}

/** The tensors under transformers' names, in pieces. */
export function hubTensors({ config, tensors }: ExportedModel): Map<string, StreamedTensor> {
  const out = new Map<string, StreamedTensor>();
  const model = isDeit(config) ? 'deit' : 'vit';
  for (const [name, tensor] of tensors) {
    const split = /^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(name);
    if (!split) {
      out.set(hubName(name, model, config.distilled === true), float32Tensor(tensor));
      continue;
    }
    const [, block, kind] = split;
    ['query', 'key', 'value'].forEach((part, i) => {
      const place = `${model}.encoder.layer.${block}.attention.attention.${part}.${kind}`;
      out.set(place, third(tensor, i));
    });
  }
  return out;
}

/** One of three equal parts along the first axis. */
function third(tensor: ModelTensor, part: number): StreamedTensor {
  const [rows = 0, ...rest] = tensor.shape;
  return {
    dtype: 'F32',
    shape: [rows / 3, ...rest],
    chunks() {
      const values = tensor.read();
      return [bytesOf(values.subarray((part * values.length) / 3, ((part + 1) * values.length) / 3))];
    },
  };
}

const outside: Readonly<Record<string, string>> = {
  cls_token: 'embeddings.cls_token',
  dist_token: 'embeddings.distillation_token',
  reg_token: 'embeddings.distillation_token',
  pos_embed: 'embeddings.position_embeddings',
  'patch_embed.proj': 'embeddings.patch_embeddings.projection',
  norm: 'layernorm',
};
const inBlock: Readonly<Record<string, string>> = {
  norm1: 'layernorm_before',
  'attn.proj': 'attention.output.dense',
  norm2: 'layernorm_after',
  'mlp.fc1': 'intermediate.dense',
  'mlp.fc2': 'output.dense',
};

/** timm's name → transformers'; those of qkv are split and not asked for. */
function hubName(name: string, model: string, distilled: boolean): string {
  const [, place = '', kind = ''] = /^(.*?)(\.weight|\.bias)?$/.exec(name) ?? [];
  if (place === 'head') return `${distilled ? 'cls_classifier' : 'classifier'}${kind}`;
  if (place === 'head_dist') return `distillation_classifier${kind}`;
  const [, block, rest = ''] = /^blocks\.(\d+)\.(.*)$/.exec(place) ?? [];
  if (block !== undefined) return `${model}.encoder.layer.${block}.${inBlock[rest]}${kind}`;
  return `${model}.${outside[place]}${kind}`;
}
