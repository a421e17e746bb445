// A ViT's configuration and its data, as files written here say them in their metadata. Knows no tensor.
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import type { VitConfig } from '../models/vit-config.ts';
import { checkpointInvalid } from './file-bytes.ts';
import type { TensorFile } from './tensor-file.ts';

/** Version of the metadata below. */
const metadataVersion = 1;

const count = z.int().min(1);
/** timm's keyword arguments; any of them may be missing in files of others. */
const savedModel = z
  .object({
    img_size: count,
    patch_size: count,
    in_chans: count,
    num_classes: z.int().min(0),
    embed_dim: count,
    depth: count,
    num_heads: count,
    mlp_ratio: z.number().positive(),
    global_pool: z.enum(['token', 'avg']),
    pos_embed: z.enum(['learn', 'sincos']),
    reg_tokens: z.int().min(0),
    distilled: z.boolean(),
    talking_heads: z.boolean(),
    init_values: z.number().positive(),
    fc_norm: z.boolean(),
    norm_eps: z.number().positive(),
  })
  .partial();

const savedData = z.object({
  dataset: z.string(),
  classes: count,
  mean: z.array(z.number()),
  std: z.array(z.number()),
});
/** What the weights were trained on, as their inputs must be prepared. */
export type CheckpointData = z.infer<typeof savedData>;

/** Metadata of a weights file; `format: pt` makes it acceptable to other readers. Inverse: readSavedModel and readCheckpointData. */
export function vitMetadata(config: VitConfig, data: CheckpointData | null): Record<string, string> {
  return {
    format: 'pt',
    'unsmooth.version': String(metadataVersion),
    model: JSON.stringify(config),
    ...(data ? { data: JSON.stringify(data) } : {}),
  };
}

/** What the file says of its training data, or null where it says nothing. */
export function readCheckpointData(file: TensorFile): CheckpointData | null {
  return readMetadata(file, 'data', savedData);
}

/** What the file says of its own model; null where it says nothing. Throws FORMAT_NEWER, or CHECKPOINT_INVALID for nonsense. */
export const readSavedModel = (file: TensorFile): Partial<VitConfig> | null => readMetadata(file, 'model', savedModel);

function readMetadata<T>(file: TensorFile, key: string, schema: z.ZodType<T>): T | null {
  const text = file.metadata[key];
  const version = file.metadata['unsmooth.version'];
  if (version !== undefined && Number(version) > metadataVersion)
    throw new UnsmoothError(
      'FORMAT_NEWER',
      `${file.path}: metadata of version ${version}; this program reads up to ${metadataVersion}`,
      'Update Unsmooth.',
    );
  if (text === undefined) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  if (version === undefined) return null; // another program's use of the key
  const issue = parsed.error.issues[0];
  throw checkpointInvalid(file.path, `metadata ${key}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
