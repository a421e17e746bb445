// The recipe: the one schema that is the type, the form, the validation message and the documentation of a run's settings.
import { z } from 'zod';
import { type Problem, UnsmoothError } from './errors.ts';
import { nearest } from './nearest.ts';

/** Shown beside a field in forms and documentation. */
export interface FieldMeta {
  title: string;
  help: string;
  unit?: string;
  /** TeX-free formula of a loss, as in the paper. */
  formula?: string;
}
const field = <T extends z.ZodType>(type: T, title: string, help: string, more: Partial<FieldMeta> = {}): T =>
  type.meta({ title, help, ...more });

const int = (min: number) => z.int().min(min);
const weight = z.number().min(0);
const share = z.number().min(0).max(1);
const rate = z.number().min(0).lt(1);

/** Formats a dataset can lie on disk in. */
export const datasetKinds = ['idx', 'cifar10', 'cifar100', 'imagefolder', 'parquet', 'webdataset'] as const;
export type DatasetKind = (typeof datasetKinds)[number];

const data = z.strictObject({
  dataset: field(
    z.string().min(1).nullable().default('mnist'),
    'Dataset',
    'A name from the library: mnist, fashion-mnist, or one you added.',
  ),
  kind: field(
    z.enum(datasetKinds).nullable().default(null),
    'Kind',
    'Format of what lies at `path`; null: detected by what is there.',
  ),
  path: field(z.string().min(1).nullable().default(null), 'Path', 'Folder or file of the data, instead of a name.'),
  train_split: field(z.string().min(1).default('train'), 'Training split', 'Split that is trained on.'),
  val_split: field(z.string().min(1).default('test'), 'Validation split', 'Split that accuracy is measured on.'),
  val_share: field(
    z.number().gt(0).lt(1).nullable().default(null),
    'Held-out share',
    'Share of every class of train_split that is kept for validation, drawn by the seed; val_split is then not read.',
  ),
  train_limit: field(
    int(1).nullable().default(null),
    'Training limit',
    'Use only N images: the first, or evenly spaced ones where they lie sorted by class.',
    { unit: 'images' },
  ),
  val_limit: field(int(1).nullable().default(null), 'Validation limit', 'The same for validation.', {
    unit: 'images',
  }),
  img_size: field(int(1).default(28), 'Image size', 'Side of the square input.', { unit: 'px' }),
  interpolation: field(
    z.enum(['bicubic', 'bilinear']).default('bicubic'),
    'Interpolation',
    'How images are resampled to img_size.',
  ),
  crop_pct: field(
    z.number().gt(0).max(1).default(1),
    'Crop share',
    'Evaluation: the shorter side becomes img_size / crop_pct, then the centre is cut out. DeiT at 224: 0.875.',
  ),
  on_broken: field(
    z.enum(['stop', 'skip']).default('stop'),
    'Broken image',
    'stop: the run fails with its path; skip: the next image takes its place, counted in the run.',
  ),
  workers: field(
    z.union([z.literal('auto'), int(0)], { error: 'expected auto or a whole number of at least 0' }).default('auto'),
    'Loader threads',
    'Threads that read, decode and augment; the result does not depend on it. 0: the training thread does it itself.',
  ),
  mean: field(
    z.array(z.number()).min(1).max(3).default([0.1307]),
    'Mean',
    'Per channel, subtracted after scaling to 0..1.',
  ),
  std: field(z.array(z.number().positive()).min(1).max(3).default([0.3081]), 'Std', 'Per channel, divided by.'),
  order: field(
    z.enum(['shuffled', 'sequential']).default('shuffled'),
    'Order',
    'sequential: samples in file order, for parity with other frameworks.',
  ),
});

const model = z.strictObject({
  name: field(
    z.enum(['vit']).default('vit'),
    'Architecture',
    'vit: the pre-norm Vision Transformer (timm vision_transformer).',
  ),
  patch_size: field(int(1).default(7), 'Patch size', 'Side of a square patch; divides img_size.', { unit: 'px' }),
  embed_dim: field(int(1).default(64), 'Width', 'Embedding dimension; a multiple of num_heads.'),
  depth: field(int(1).default(12), 'Depth', 'Number of transformer blocks.', { unit: 'layers' }),
  num_heads: field(int(1).default(4), 'Heads', 'Attention heads per block.'),
  mlp_ratio: field(z.number().positive().default(4), 'MLP ratio', 'Hidden width of the MLP over embed_dim.'),
  in_chans: field(
    z
      .union([z.literal(1), z.literal(3)])
      .nullable()
      .default(null),
    'Channels',
    '1: images are read as grey, 3: as RGB; null: as the dataset has them.',
  ),
  global_pool: field(
    z.enum(['token', 'avg']).default('token'),
    'Pooling',
    'What the class head sees: the class token, or the mean of the patch tokens.',
  ),
  pos_embed: field(
    z.enum(['learn', 'sincos']).default('learn'),
    'Position embedding',
    'learn: trained; sincos: two-dimensional sine and cosine (as in MAE), fixed.',
  ),
  reg_tokens: field(int(0).default(0), 'Registers', 'Register tokens beside the class token (Darcet et al. 2023).'),
  distilled: field(
    z.boolean().default(false),
    'Distillation token',
    "DeiT's second token and head, as its distilled checkpoints have them; trained on the labels, logits are the mean of both heads.",
  ),
  talking_heads: field(
    z.boolean().default(false),
    'Talking heads',
    "Linear maps over the heads before and after the softmax (Shazeer et al. 2020, as in timm's cait).",
  ),
  init_values: field(
    z.number().positive().nullable().default(null),
    'LayerScale',
    'Start value of a learned factor per channel on each residual branch (Touvron et al. 2021); null: none.',
  ),
  drop_path: field(rate.default(0), 'Drop path', 'Stochastic depth rate of the last block; rises linearly from 0.'),
  drop_rate: field(rate.default(0), 'Head dropout', 'Dropout before the class head.'),
  pos_drop_rate: field(rate.default(0), 'Embedding dropout', 'Dropout after the position embedding.'),
  proj_drop_rate: field(
    rate.default(0),
    'Projection dropout',
    'Dropout after the attention projection and in the MLP.',
  ),
  attn_drop_rate: field(rate.default(0), 'Attention dropout', 'Dropout of attention weights.'),
  init: field(
    z.string().min(1).default('random'),
    'Start from',
    "random, or a checkpoint of any layout, a file or a folder: its weights, fitted to img_size and to the data's channels and classes.",
  ),
  resize_patches: field(
    z.boolean().default(false),
    'Resize patches',
    'A checkpoint of another patch size is resized to patch_size; false: it is refused.',
  ),
});

/** Published definitions of the patch losses. */
export const lossDefinitions = ['paper', 'reference-code', 'diverse-vit'] as const;
export type LossDefinition = (typeof lossDefinitions)[number];

const losses = z.strictObject({
  definition: field(
    z.enum(lossDefinitions).default('paper'),
    'Definition',
    'paper: as printed in Gong et al. 2021; reference-code: as its authors published it; diverse-vit: as in Diverse-ViT. The formulas: docs/losses-and-metrics.md.',
  ),
  tap: field(
    z.enum(['norm', 'block']).default('norm'),
    'Last layer',
    'h[L] after the final LayerNorm (norm) or before it (block). Published code: reference-code norm, diverse-vit block; the mixing of diverse-vit is always after it.',
  ),
  patch_cosine: field(
    weight.default(1),
    'Patch-wise cosine',
    "Weight; 0 turns it off. The reference code has none (weight 0): its definition takes the paper's. Diverse-ViT: 0.5.",
    {
      formula: 'L_cos = 1/(n(n-1)) Σ_{i≠j} |h_i·h_j| / (|h_i||h_j|), h = h[L]',
    },
  ),
  patch_contrastive: field(weight.default(1), 'Patch-wise contrastive', 'Weight; 0 turns it off. Diverse-ViT: 0.5.', {
    formula:
      'L_con = -1/n Σ_i log( e^{a_i} / (e^{a_i} + e^{b_i}) ), a_i = h[1]_i·h[L]_i, b_i = h[1]_i·mean_{j≠i} h[L]_j',
  }),
  patch_mixing: field(
    weight.default(1),
    'Patch-wise mixing',
    'Weight; 0 turns it off. On: every batch is CutMixed once, on the patch grid.',
    {
      formula: 'L_mix = 1/n Σ_i CE(g(h[L]_i), y_i) on CutMix images',
    },
  ),
  warmup_epochs: field(
    z.number().min(0).default(0),
    'Warm-in',
    'The weights of the patch losses rise linearly from 0 over this time.',
    { unit: 'epochs' },
  ),
  off_after_epoch: field(
    z.number().positive().nullable().default(null),
    'Off after',
    'The patch losses count until here and not after; null: to the end.',
    { unit: 'epochs' },
  ),
});

const interval = (min: z.ZodNumber) =>
  z.tuple([min, min]).refine(([a, b]) => a <= b, { error: 'the first number is larger than the second' });

const augment = z.strictObject({
  train_crop_mode: field(
    z.enum(['none', 'rrc']).default('none'),
    'Crop',
    'rrc: random resized crop by scale and ratio; none: as in evaluation, then crop_padding.',
  ),
  scale: field(interval(z.number().positive().max(1)).default([0.08, 1]), 'Crop scale', 'Share of the area, for rrc.'),
  ratio: field(
    interval(z.number().positive()).default([3 / 4, 4 / 3]),
    'Crop ratio',
    'Width over height of the crop, for rrc.',
  ),
  crop_padding: field(int(0).default(0), 'Crop padding', 'Pad by this much, crop back at a random place.', {
    unit: 'px',
  }),
  hflip: field(share.default(0), 'Horizontal flip', 'Probability.'),
  color_jitter: field(
    z.number().min(0).default(0),
    'Colour jitter',
    'Brightness, contrast and saturation vary by this share. As in timm, not applied where aa is set.',
  ),
  aa: field(
    z
      .string()
      .regex(/^rand(-(m\d+(\.\d+)?|n\d+|mstd(\d+(\.\d+)?|inf)|mmax\d+|inc[01]|tweights|p(0|1|0?\.\d+)))*$/, {
        error: "expected timm's form, for example rand-m9-mstd0.5-inc1",
      })
      .nullable()
      .default(null),
    'RandAugment',
    'm: magnitude, n: operations, mstd: its deviation, inc1: magnitude always means more. null: off.',
  ),
  reprob: field(share.default(0), 'Random erasing', 'Probability.'),
  remode: field(
    z.enum(['const', 'rand', 'pixel']).default('pixel'),
    'Erase with',
    'const: the mean colour, rand: one random colour, pixel: a random colour per pixel.',
  ),
  aug_repeats: field(
    int(0).default(0),
    'Repeated augmentation',
    'Copies of an image in a batch; 0 or 1: off. DeiT: 3.',
  ),
  mixup: field(z.number().min(0).default(0), 'Mixup', 'Alpha of the Beta distribution; 0: off.'),
  cutmix: field(
    z.number().min(0).default(0),
    'CutMix',
    'Alpha; 0: off. With patch_mixing on, its rectangles lie on the patch grid and 0 means 1: an image is mixed once.',
  ),
  mixup_prob: field(share.default(1), 'Mixing probability', 'Of mixing at all, where mixup or cutmix is on.'),
  mixup_switch_prob: field(share.default(0.5), 'CutMix share', 'Of CutMix, where both are on.'),
  mixup_mode: field(
    z.enum(['batch', 'elem']).default('elem'),
    'Mixing mode',
    'batch: one draw for the batch; elem: one for each image.',
  ),
  smoothing: field(rate.default(0), 'Label smoothing', 'Share of the target spread over all classes.'),
});

const optim = z.strictObject({
  opt: field(z.enum(['adamw']).default('adamw'), 'Optimiser', 'AdamW with decoupled weight decay.'),
  lr: field(z.number().positive().default(1e-3), 'Learning rate', 'Peak, after warm-up.'),
  weight_decay: field(
    weight.default(0.05),
    'Weight decay',
    'None on biases, norms, position embedding and class token.',
  ),
  betas: field(
    z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
    'Betas',
    'AdamW moment decays.',
  ),
  eps: field(z.number().positive().default(1e-8), 'Epsilon', 'AdamW denominator term.'),
  sched: field(
    z.enum(['cosine', 'constant']).default('cosine'),
    'Schedule',
    'After warm-up: cosine to min_lr, or constant.',
  ),
  warmup_epochs: field(z.number().min(0).default(1), 'Warm-up', 'Linear from warmup_lr.', { unit: 'epochs' }),
  warmup_lr: field(z.number().min(0).default(1e-6), 'Warm-up start', 'Learning rate at step 0 of the warm-up.'),
  min_lr: field(z.number().min(0).default(1e-5), 'Minimum rate', 'Where the cosine ends.'),
  layer_decay: field(
    z.number().gt(0).max(1).nullable().default(null),
    'Layer decay',
    'Learning rate of a layer over that of the next one (BEiT); null: the same everywhere.',
  ),
  clip_grad: field(z.number().positive().nullable().default(null), 'Clip gradient', 'Global norm; null: off.'),
  model_ema: field(z.boolean().default(false), 'EMA', 'Keep an exponential moving average of the weights.'),
  model_ema_decay: field(z.number().min(0).lt(1).default(0.9999), 'EMA decay', 'Per optimiser step.'),
});

const train = z.strictObject({
  batch_size: field(int(1).default(64), 'Batch size', 'Images per forward pass.', { unit: 'images' }),
  epochs: field(z.number().positive().default(3), 'Epochs', 'Passes over the training split.', { unit: 'epochs' }),
  max_steps: field(int(1).nullable().default(null), 'Max steps', 'Optimiser steps; wins over epochs.', {
    unit: 'steps',
  }),
  log_every_steps: field(int(1).default(1), 'Log every', 'Metrics line every N steps.', { unit: 'steps' }),
  grad_accum: field(int(1).default(1), 'Gradient accumulation', 'Forward passes averaged into one optimiser step.'),
  eval_every_epochs: field(z.number().positive().default(1), 'Evaluate every', 'Validation accuracy.', {
    unit: 'epochs',
  }),
  checkpoint_every_epochs: field(
    z.number().positive().nullable().default(1),
    'Checkpoint every',
    'null: only at the end.',
    { unit: 'epochs' },
  ),
  checkpoint_every_steps: field(int(1).nullable().default(null), 'Checkpoint every', 'Beside the epochs.', {
    unit: 'steps',
  }),
  keep_checkpoints: field(int(1).default(5), 'Keep checkpoints', 'The newest N, and the best by validation top-1.'),
});

export const taps = ['block', 'norm'] as const;
export const probeMetrics = ['cos', 'cos_abs', 'hfc'] as const;
const probe = z.strictObject({
  split: field(z.enum(['val', 'train']).default('val'), 'Probe split', 'Where the fixed probe images come from.'),
  images: field(int(1).default(256), 'Probe images', 'The first N of the split, never augmented.', { unit: 'images' }),
  every_epochs: field(z.number().positive().nullable().default(1), 'Probe every', 'null: by steps only.', {
    unit: 'epochs',
  }),
  every_steps: field(int(1).nullable().default(100), 'Probe every', 'null: by epochs only.', { unit: 'steps' }),
  taps: field(
    z.array(z.enum(taps)).min(1).default(['block', 'norm']),
    'Taps',
    'block: raw block outputs; norm: after the final LayerNorm.',
  ),
  metrics: field(
    z.array(z.enum(probeMetrics)).min(1).default(['cos', 'cos_abs', 'hfc']),
    'Metrics',
    'Per layer and image.',
  ),
});

export const engineChoices = ['auto', 'cuda', 'cpu', 'webgpu', 'wasm'] as const;

export const recipeSchema = z
  .strictObject({
    version: z.literal(1, { error: 'this version reads recipes of version 1' }).default(1),
    name: field(
      z.string().trim().min(1).max(120).default('run'),
      'Name',
      'Shown in lists; becomes part of the folder name.',
    ),
    seed: field(
      z
        .int()
        .min(0)
        .max(2 ** 32 - 1)
        .default(0),
      'Seed',
      'Same recipe, seed, engine, form and threads: identical weights on the CPU engine.',
    ),
    data: data.prefault({}),
    model: model.prefault({}),
    losses: losses.prefault({}),
    augment: augment.prefault({}),
    optim: optim.prefault({}),
    train: train.prefault({}),
    probe: probe.prefault({}),
    engine: field(z.enum(engineChoices).default('auto'), 'Engine', 'auto: the best that works here.'),
    threads: field(
      z.union([z.literal('auto'), int(1)], { error: 'expected auto or a whole number of at least 1' }).default('auto'),
      'Threads',
      'Resolved when the run is made, kept by resume.',
    ),
    precision: field(z.enum(['fp32', 'bf16']).default('fp32'), 'Precision', 'bf16: matrix products only.'),
  })
  .check(({ value: r, issues }) => {
    const refuse = (path: string[], message: string) => issues.push({ code: 'custom', path, message, input: r });
    if (r.model.embed_dim % r.model.num_heads)
      refuse(['model', 'embed_dim'], `${r.model.embed_dim} is not divisible by model.num_heads (${r.model.num_heads})`);
    if (Math.floor(r.model.embed_dim * r.model.mlp_ratio) < 1)
      refuse(['model', 'mlp_ratio'], `of embed_dim ${r.model.embed_dim} leaves the MLP no hidden unit`);
    if (r.data.img_size % r.model.patch_size)
      refuse(['data', 'img_size'], `${r.data.img_size} is not divisible by model.patch_size (${r.model.patch_size})`);
    else if (r.data.img_size / r.model.patch_size < 2)
      refuse(
        ['model', 'patch_size'],
        `leaves ${(r.data.img_size / r.model.patch_size) ** 2} patch; patches are compared, so at least 2 x 2 are needed`,
      );
    if (r.data.mean.length !== r.data.std.length)
      refuse(['data', 'std'], `has ${r.data.std.length} channels, data.mean has ${r.data.mean.length}`);
    if (r.data.kind !== null && r.data.path === null)
      refuse(['data', 'path'], `a folder is needed for kind ${r.data.kind}`);
    if (r.data.dataset === null && r.data.path === null)
      refuse(['data', 'dataset'], 'name a dataset, or give kind and path');
    if (r.model.in_chans !== null && r.data.mean.length !== r.model.in_chans)
      refuse(['data', 'mean'], `has ${r.data.mean.length} values, model.in_chans is ${r.model.in_chans}`);
    if (r.model.distilled && r.model.reg_tokens > 0) refuse(['model', 'reg_tokens'], 'a distilled model has none');
    if (r.model.distilled && r.model.global_pool === 'avg')
      refuse(['model', 'global_pool'], 'a distilled model reads its class and distillation tokens: token');
    if (r.model.pos_embed === 'sincos' && r.model.embed_dim % 4)
      refuse(['model', 'embed_dim'], `${r.model.embed_dim} is not divisible by 4, as pos_embed sincos needs`);
    if (r.augment.train_crop_mode === 'rrc' && r.augment.crop_padding > 0)
      refuse(['augment', 'crop_padding'], 'a padded crop and train_crop_mode rrc exclude each other');
    if (r.probe.every_epochs === null && r.probe.every_steps === null)
      refuse(['probe', 'every_steps'], 'every_epochs and every_steps are both null');
  });

export type Recipe = z.output<typeof recipeSchema>;
export type RecipeInput = z.input<typeof recipeSchema>;
export type Tap = (typeof taps)[number];
export type ProbeMetric = (typeof probeMetrics)[number];

/** Fills the defaults of a parsed YAML or JSON value. Throws RECIPE_INVALID with one problem per field. */
export function parseRecipe(input: unknown): Recipe {
  const whole = recipeSchema.safeParse(input ?? {});
  if (whole.success) return whole.data;
  const problems = whole.error.issues.flatMap((issue) => describe(issue));
  const first = problems[0];
  throw new UnsmoothError(
    'RECIPE_INVALID',
    `the recipe is not valid: ${first?.where || 'recipe'}: ${first?.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
    'Correct the field and start again.',
    problems,
  );
}

function describe(issue: z.core.$ZodIssue): Problem[] {
  const at = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ where: at, message: issue.message }];
  const known = knownFields(issue.path.map(String));
  return issue.keys.map((key) => {
    const close = nearest(key, known) ?? nearest(key, allFields());
    const where = at ? `${at}.${key}` : key;
    return {
      where,
      message: `unknown field${close ? `; did you mean ${close.includes('.') || !at ? close : `${at}.${close}`}?` : ''}`,
    };
  });
}

const shape = recipeSchema.shape;
/** Names of the fields inside a section, or of the top level for an empty path. */
export function knownFields(path: readonly string[]): string[] {
  if (path.length === 0) return Object.keys(shape);
  const section = sectionOf(path[0] ?? '');
  return section ? Object.keys(section) : [];
}

/** Every field as a dotted path. */
export function allFields(): string[] {
  return Object.keys(shape).flatMap((k) => {
    const section = sectionOf(k);
    return section ? Object.keys(section).map((f) => `${k}.${f}`) : [k];
  });
}

function sectionOf(name: string): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const sections: Record<string, z.ZodObject> = { data, model, losses, augment, optim, train, probe };
  return sections[name]?.shape;
}
