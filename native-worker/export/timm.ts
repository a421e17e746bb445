// A model as timm knows it: which create_model call makes it. The tensors already have timm's names.
import type { Problem } from '../../contract/errors.ts';
import { type CheckpointData, vitMetadata } from '../checkpoint/vit-config.ts';
import type { VitConfig } from '../models/vit-config.ts';
import type { ExportedModel } from './model.ts';
import { notExpressible } from './refused.ts';

export interface TimmCall {
  /** Any architecture of the family; the arguments say everything that differs. */
  name: string;
  args: Record<string, number | string | boolean>;
  /** A line of Python. */
  python: string;
}

/** timm's epsilon. */
const usualEpsilon = 1e-6;

/** Throws USAGE for what timm's vision_transformer does not have. */
export function timmCall(c: VitConfig): TimmCall {
  const problems: Problem[] = [];
  if (c.talking_heads) problems.push({ where: 'talking_heads', message: 'timm has them in cait alone' });
  if (problems.length > 0) throw notExpressible('timm', problems);
  const name = c.distilled ? 'deit_base_distilled_patch16_224' : 'vit_base_patch16_224';
  const args: TimmCall['args'] = {
    img_size: c.img_size,
    patch_size: c.patch_size,
    in_chans: c.in_chans,
    num_classes: c.num_classes,
    embed_dim: c.embed_dim,
    depth: c.depth,
    num_heads: c.num_heads,
    mlp_ratio: c.mlp_ratio,
    ...(c.reg_tokens ? { reg_tokens: c.reg_tokens } : {}),
    ...(c.init_values ? { init_values: c.init_values } : {}),
    ...(c.distilled ? {} : { global_pool: c.global_pool ?? 'token', fc_norm: c.fc_norm ?? false }),
  };
  const epsilon = c.norm_eps ?? usualEpsilon;
  const shown = [
    `'${name}'`,
    ...Object.entries(args).map(([key, value]) => `${key}=${pythonOf(value)}`),
    ...(epsilon === usualEpsilon ? [] : [`norm_layer=functools.partial(torch.nn.LayerNorm, eps=${epsilon})`]),
  ];
  return { name, args, python: `timm.create_model(${shown.join(', ')})` };
}

/**
 * What the file says of itself: in our words (`model`, `data`), and in timm's (`timm`: what its config.json on the Hub holds; and
 * `timm.create_model`: the call). `dataset`: what it was trained on, empty where that is not known.
 */
export function timmMetadata(
  { config, normalisation, labels }: ExportedModel,
  call: TimmCall,
  dataset: string,
): Record<string, string> {
  const data: CheckpointData | null =
    normalisation && config.num_classes > 0
      ? {
          dataset,
          classes: config.num_classes,
          mean: [...normalisation.mean],
          std: [...normalisation.std],
        }
      : null;
  const hub = {
    architecture: call.name,
    num_classes: config.num_classes,
    num_features: config.embed_dim,
    model_args: call.args,
    pretrained_cfg: {
      num_classes: config.num_classes,
      input_size: [config.in_chans, config.img_size, config.img_size],
      interpolation: 'bicubic',
      ...normalisation,
      ...(labels ? { label_names: labels } : {}),
    },
  };
  return {
    ...vitMetadata(config, data),
    ...(labels ? { labels: JSON.stringify(labels) } : {}),
    timm: JSON.stringify(hub),
    'timm.create_model': call.python,
  };
}

function pythonOf(value: TimmCall['args'][string]): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? `'${value}'` : String(value);
}
