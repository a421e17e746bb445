// A ViT's configuration to and from a checkpoint: said in the metadata, or inferred from timm's tensor names and shapes.
// Loads no engine; what is wrong is named tensor by tensor.
import { z } from 'zod';
import { type Problem, UnsmoothError } from '../../contract/errors.ts';
import { hiddenWidth, mlpRatioOf, prefixTokens, type VitConfig, vitParameters } from '../models/vit-config.ts';
import { checkpointInvalid, type SafetensorsFile, type TensorEntry } from './safetensors.ts';

/** Version of the metadata below. */
const metadataVersion = 1;

const count = z.int().min(1);
/** timm's keyword arguments; any of them may be missing in files of others. */
const savedModel = z
  .object({
    img_size: count,
    patch_size: count,
    in_chans: count,
    num_classes: count,
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

/** Metadata of a weights file; `format: pt` makes it acceptable to other readers. Inverse: readVitConfig and readCheckpointData. */
export function vitMetadata(config: VitConfig, data: CheckpointData): Record<string, string> {
  return {
    format: 'pt',
    'unsmooth.version': String(metadataVersion),
    model: JSON.stringify(config),
    data: JSON.stringify(data),
  };
}

/** What the file says of its training data, or null where it says nothing. */
export function readCheckpointData(file: SafetensorsFile): CheckpointData | null {
  return readMetadata(file, 'data', savedData);
}

/**
 * The configuration of a file with timm's vision_transformer names, every tensor checked against it.
 * `notes` say what was assumed. Throws CHECKPOINT_INVALID naming missing, left-over and wrongly shaped tensors.
 */
export function readVitConfig(
  file: SafetensorsFile,
  options: { heads?: number | null } = {},
): { config: VitConfig; notes: string[] } {
  const said = readMetadata(file, 'model', savedModel) ?? {};
  const [embed_dim, in_chans, patch_size, patchWidth] = shapeOf(file, 'patch_embed.proj.weight', 4);
  if (patch_size !== patchWidth)
    throw checkpointInvalid(
      file.path,
      `expected square patches, found ${patch_size} x ${patchWidth}`,
      'patch_embed.proj.weight',
    );
  const variant = variantOf(file, said);
  const [num_classes] = shapeOf(file, 'head.weight', 2);
  const [hidden] = shapeOf(file, 'blocks.0.mlp.fc1.weight', 2);
  const { heads, notes } = headsOf(file.path, said.num_heads, options.heads ?? undefined, embed_dim);
  const config: VitConfig = {
    img_size: 0,
    patch_size,
    in_chans,
    num_classes,
    embed_dim,
    depth: depthOf(file),
    num_heads: heads,
    mlp_ratio: mlpRatioOf(hidden, embed_dim),
    ...variant,
  };
  config.img_size = gridOf(file, prefixTokens(config)) * patch_size;
  for (const [key, value] of Object.entries(said)) {
    const found = config[key as keyof VitConfig] ?? absent[key] ?? 'none';
    if (key === 'mlp_ratio' ? hiddenWidth(embed_dim, Number(value)) !== hidden : value !== found)
      throw checkpointInvalid(file.path, `metadata says ${key} ${value}, the tensors ${found}`);
  }
  if (said.mlp_ratio) config.mlp_ratio = said.mlp_ratio;
  checkTensors(file, config);
  return { config, notes };
}

/** What an absent field of a configuration means. */
const absent: Readonly<Record<string, unknown>> = {
  global_pool: 'token',
  pos_embed: 'learn',
  reg_tokens: 0,
  distilled: false,
  talking_heads: false,
};

/** Start of LayerScale where a file has its factors and does not say what they began at (timm's default). */
const usualInitValues = 1e-5;

/** What differs from timm's plain ViT: told by names and shapes; pooling and fixed positions by the file's word alone. */
function variantOf(file: SafetensorsFile, said: Partial<VitConfig>): Partial<VitConfig> {
  const has = (name: string) => file.tensors.has(name);
  if (has('fc_norm.weight'))
    throw checkpointInvalid(
      file.path,
      'the norm lies after the pooling; here it lies before',
      'fc_norm.weight',
      "timm writes such files with global_pool='avg' unless fc_norm=False.",
    );
  const registers = has('reg_token') ? shapeOf(file, 'reg_token', 3)[1] : 0;
  return {
    ...(said.global_pool === 'avg' ? { global_pool: 'avg' } : {}),
    ...(said.pos_embed === 'sincos' ? { pos_embed: 'sincos' } : {}),
    ...(registers > 0 ? { reg_tokens: registers } : {}),
    ...(has('dist_token') ? { distilled: true } : {}),
    ...(has('blocks.0.attn.proj_l.weight') ? { talking_heads: true } : {}),
    ...(has('blocks.0.ls1.gamma') ? { init_values: said.init_values ?? usualInitValues } : {}),
  };
}

/** Side of the patch grid: what pos_embed holds beside the tokens before the patches. */
function gridOf(file: SafetensorsFile, prefix: number): number {
  const [, tokens] = shapeOf(file, 'pos_embed', 3);
  const grid = Math.sqrt(tokens - prefix);
  if (Number.isInteger(grid) && grid >= 1) return grid;
  const bare = Number.isInteger(Math.sqrt(tokens)) ? '; positions of patches alone (no_embed_class) are not read' : '';
  throw checkpointInvalid(
    file.path,
    `expected ${prefix} + G*G positions (tokens before the patches and a square grid), found ${tokens}${bare}`,
    'pos_embed',
  );
}

/** Shape of a tensor that must be there with `rank` dimensions. */
function shapeOf(file: SafetensorsFile, name: string, rank: 2): [number, number];
function shapeOf(file: SafetensorsFile, name: string, rank: 3): [number, number, number];
function shapeOf(file: SafetensorsFile, name: string, rank: 4): [number, number, number, number];
function shapeOf(file: SafetensorsFile, name: string, rank: number): readonly number[] {
  const entry = file.tensors.get(name);
  if (!entry) {
    const some = [...file.tensors.keys()].slice(0, 3).join(', ') || 'none';
    throw checkpointInvalid(
      file.path,
      `expected among timm's vision_transformer names, found none of that name (the file has ${some}, …)`,
      name,
      'Only ViT checkpoints with timm names are read.',
    );
  }
  if (entry.shape.length !== rank || entry.shape.includes(0))
    throw checkpointInvalid(file.path, `expected ${rank} dimensions, found [${entry.shape.join(', ')}]`, name);
  return entry.shape;
}

function depthOf(file: SafetensorsFile): number {
  let depth = 0;
  for (const name of file.tensors.keys()) {
    const block = /^blocks\.(\d{1,4})\./.exec(name)?.[1];
    if (block) depth = Math.max(depth, Number(block) + 1);
  }
  return depth;
}

/** Shapes do not tell the number of heads: the file's word, else the user's, else timm's habit of 64 per head. */
function headsOf(path: string, said: number | undefined, asked: number | undefined, width: number) {
  const notes: string[] = [];
  const heads = said ?? asked ?? (width % 64 === 0 ? width / 64 : undefined);
  if (heads === undefined)
    throw checkpointInvalid(
      path,
      `the number of heads is not in the file and cannot be inferred (embed_dim ${width} is no multiple of 64)`,
      undefined,
      'Give --heads.',
    );
  if (said !== undefined && asked !== undefined && said !== asked)
    notes.push(`the file says ${said} heads; the ${asked} asked for are not used`);
  if (said === undefined && asked === undefined)
    notes.push(`the number of heads is not in the file; ${heads} assumed (embed_dim / 64); --heads overrides`);
  if (heads < 1 || width % heads !== 0)
    throw checkpointInvalid(
      path,
      `embed_dim ${width} is not divisible by ${heads} heads`,
      undefined,
      'Give another --heads.',
    );
  return { heads, notes };
}

const floats: readonly TensorEntry['dtype'][] = ['F32', 'F16', 'BF16', 'F64'];

function checkTensors(file: SafetensorsFile, config: VitConfig): void {
  const expected = vitParameters(config);
  const problems: Problem[] = [];
  for (const [name, shape] of Object.entries(expected)) {
    const entry = file.tensors.get(name);
    if (!entry) problems.push({ where: name, message: `missing; expected [${shape.join(', ')}]` });
    else if (entry.shape.join() !== shape.join())
      problems.push({ where: name, message: `expected [${shape.join(', ')}], found [${entry.shape.join(', ')}]` });
    else if (!floats.includes(entry.dtype))
      problems.push({ where: name, message: `expected ${floats.join(', ')}, found ${entry.dtype}` });
  }
  for (const name of file.tensors.keys())
    if (!Object.hasOwn(expected, name)) problems.push({ where: name, message: 'left over; this ViT has none' });
  const first = problems[0];
  if (first)
    throw new UnsmoothError(
      'CHECKPOINT_INVALID',
      `${file.path}: tensor ${first.where}: ${first.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
      'Only ViT checkpoints with timm names are read.',
      problems,
    );
}

function readMetadata<T>(file: SafetensorsFile, key: string, schema: z.ZodType<T>): T | null {
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
