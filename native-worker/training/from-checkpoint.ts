// The weights a run starts from where its recipe names a checkpoint: of any layout, fitted to the recipe's sizes, channels and classes.
import { type Problem, UnsmoothError } from '../../contract/errors.ts';
import { isHead, type OpenModel, openModel } from '../checkpoint/open-model.ts';
import type { Values } from '../engine/spec.ts';
import { hiddenWidth, type VitConfig } from '../models/vit-config.ts';

export interface Start {
  /** By our names; a head of another number of classes is not among them: it starts from the seed. */
  weights: Values;
  /** What was taken, assumed and changed, in words. */
  notes: string[];
}

/**
 * Throws what `openModel` throws, CHECKPOINT_INVALID for a checkpoint of another architecture than `model`, each difference
 * named by the recipe's field.
 */
export async function startFrom(path: string, model: VitConfig): Promise<Start> {
  const opened = await openModel(path, {
    heads: model.num_heads,
    imgSize: model.img_size,
    patchSize: model.patch_size,
    inChans: model.in_chans,
    classes: model.num_classes,
  });
  try {
    sameArchitecture(path, opened, model);
    const fresh = opened.head === 'fresh';
    const taken = [...opened.tensors].filter(([name]) => !(fresh && isHead(name)));
    return {
      weights: Object.fromEntries(taken.map(([name, tensor]) => [name, tensor.read()])),
      notes: [
        `starts from ${path}: ${opened.layout}`,
        ...opened.notes,
        ...opened.problems,
        ...differences(opened.config, model),
      ],
    };
  } finally {
    opened.close();
  }
}

const fields = ['embed_dim', 'depth', 'num_heads', 'reg_tokens', 'distilled', 'talking_heads'] as const;

function sameArchitecture(path: string, { config }: OpenModel, model: VitConfig): void {
  const problems: Problem[] = [];
  const differs = (field: string, checkpoint: unknown, recipe: unknown) =>
    problems.push({ where: `model.${field}`, message: `the checkpoint has ${checkpoint}, the recipe ${recipe}` });
  for (const field of fields)
    if ((config[field] || 0) !== (model[field] || 0)) differs(field, config[field] ?? 'none', model[field] ?? 'none');
  const hidden = (c: VitConfig) => hiddenWidth(c.embed_dim, c.mlp_ratio);
  if (config.embed_dim === model.embed_dim && hidden(config) !== hidden(model))
    differs('mlp_ratio', config.mlp_ratio, model.mlp_ratio);
  if (!config.init_values !== !model.init_values)
    differs('init_values', config.init_values ? 'LayerScale' : 'none', model.init_values ?? 'none');
  if (config.fc_norm)
    problems.push({
      where: 'model.global_pool',
      message: 'the checkpoint has its norm behind the pooling, which is not trained here',
    });
  const [first] = problems;
  if (first)
    throw new UnsmoothError(
      'CHECKPOINT_INVALID',
      `${path}: ${first.where}: ${first.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
      'Set the fields of `model` as `unsmooth inspect` shows them.',
      problems,
    );
}

function differences(config: VitConfig, model: VitConfig): string[] {
  const notes: string[] = [];
  if ((config.norm_eps ?? 1e-6) !== (model.norm_eps ?? 1e-6))
    notes.push(
      `LayerNorm's epsilon is ${model.norm_eps ?? 1e-6} from here on; the checkpoint's was ${config.norm_eps ?? 1e-6}`,
    );
  if ((config.global_pool ?? 'token') !== (model.global_pool ?? 'token'))
    notes.push(`the head reads ${model.global_pool === 'avg' ? 'the mean patch' : 'the class token'} from here on`);
  return notes;
}
