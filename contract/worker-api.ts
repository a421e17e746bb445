// The words between a supervisor and one worker process: JSON messages over the IPC channel, one job per process, validated on both sides.
import { z } from 'zod';
import { savedNumber } from './numbers.ts';
import { datasetKinds, lossDefinitions, probeMetrics, recipeSchema, taps } from './recipe.ts';
import { datasetFindings } from './saved/dataset.ts';
import { layersLine, metricsLine } from './saved/lines.ts';
import { datasetIdentity, engineDescription, errorData, runSchema, runStatus } from './saved/run.ts';

export const protocolVersion = 1;
/** A worker that computes says it is alive this often, also while a step or a compile runs. */
export const heartbeatMs = 1000;

/** Where a dataset lies; names are resolved by main/datasets before a worker hears of it. */
export const datasetLocation = z.object({
  name: z.string(),
  /** null: detected by what is there. */
  kind: z.enum(datasetKinds).nullable(),
  /** Folder or file. */
  path: z.string(),
  /** Folder where indexes of large datasets are kept, made anew when missing or stale; absent: in a temporary folder, for this job. */
  indexes: z.string().optional(),
});
export type DatasetLocation = z.infer<typeof datasetLocation>;

/** The engine a job computes on, chosen by main/engines before the worker is spawned (threads are set in its environment). */
export const engineSelection = z.object({
  name: z.enum(['cuda', 'cpu', 'webgpu', 'wasm']),
  /** Folder of the engine in the cache; null for wasm, which ships with the program. */
  dir: z.string().nullable(),
  form: z.enum(['xla', 'graph', 'replay']),
  threads: z.int().min(1),
});
export type EngineSelection = z.infer<typeof engineSelection>;
const engine = { engine: engineSelection };
/** Name of a set of weights in a checkpoint that has several (`model_ema`); absent: the one that was trained. */
const weights = z.string().nullish();
const checkpointData = {
  checkpoint: z.string(),
  weights,
  dataset: datasetLocation,
  split: z.string().nullable(),
  heads: z.int().nullable(),
  mean: z.array(z.number()).nullable(),
  std: z.array(z.number()).nullable(),
  images: z.int().nullable(),
};

/** How closely the images of a dataset are looked at: heads: each file's head; full: each is decoded; auto: full up to 50,000 images. */
export const datasetChecks = ['auto', 'heads', 'full'] as const;
export type DatasetCheck = (typeof datasetChecks)[number];

/** What a checkpoint is given back as. */
export const exportTargets = ['timm', 'hugging-face', 'onnx'] as const;
export type ExportTarget = (typeof exportTargets)[number];

export const job = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('train'),
    dir: z.string(),
    recipe: recipeSchema,
    dataset: datasetLocation,
    ...engine,
  }),
  z.object({ type: z.literal('resume'), dir: z.string(), dataset: datasetLocation, ...engine }),
  z.object({
    type: z.literal('diagnose'),
    ...checkpointData,
    ...engine,
    tap: z.enum(taps),
    metrics: z.array(z.enum(probeMetrics)).min(1),
  }),
  z.object({ type: z.literal('evaluate'), ...checkpointData, ...engine }),
  z.object({
    type: z.literal('forward'),
    checkpoint: z.string(),
    weights,
    input: z.string(),
    out: z.string(),
    heads: z.int().nullable(),
    losses: z.enum(lossDefinitions).nullable(),
    tap: z.enum(taps),
    /** Weights of cross-entropy, cosine, contrastive, mixing. */
    grads: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
    ...engine,
  }),
  z.object({
    type: z.literal('inspect'),
    file: z.string(),
    heads: z.int().nullable(),
    weights,
    /** Also the norm of every tensor, which reads the whole file. */
    norms: z.boolean().optional(),
  }),
  /** A checkpoint of any layout to .safetensors with timm's names. */
  z.object({
    type: z.literal('convert'),
    file: z.string(),
    out: z.string(),
    heads: z.int().nullable(),
    weights,
    img_size: z.int().min(1).nullable(),
  }),
  z.object({
    type: z.literal('export'),
    checkpoint: z.string(),
    target: z.enum(exportTargets),
    /** A file; for hugging-face a folder. */
    out: z.string(),
    heads: z.int().nullable(),
    /** Name of a set of weights in the file. */
    weights: z.string().nullable(),
    /** The position embedding is resized for it. */
    imageSize: z.int().min(1).nullable(),
    /** Where the file does not say them. */
    mean: z.array(z.number()).nullable(),
    std: z.array(z.number()).nullable(),
    /** Names of the classes, where the file does not say them. */
    labels: z.array(z.string()).nullable(),
    /** Replaces what is there. */
    force: z.boolean(),
  }),
  z.object({ type: z.literal('dataset'), dataset: datasetLocation, check: z.enum(datasetChecks) }),
  /**
   * Pixels of `count` images from `from` on (all there are, if fewer), written to `out`: uint8, images x height x width x channels.
   * Images of different sizes are fitted into squares of at most 96 px.
   */
  z.object({
    type: z.literal('thumbnails'),
    dataset: datasetLocation,
    split: z.string(),
    from: z.int().min(0),
    count: z.int().min(1),
    out: z.string(),
  }),
  z.object({
    type: z.literal('bench'),
    shapes: z.array(z.string()).nullable(),
    steps: z.int().min(1),
    python: z.string().nullable(),
    precision: z.enum(['fp32', 'bf16']),
    losses: z.boolean(),
    compile: z.boolean(),
    ...engine,
  }),
  /** Images a second of the loader, of the step, and of both together. */
  z.object({
    type: z.literal('bench-data'),
    /** null: a folder of generated JPEGs. */
    dataset: datasetLocation.nullable(),
    workers: z.union([z.literal('auto'), z.int().min(0)]),
    batch: z.int().min(1),
    /** Timed batches a round. */
    batches: z.int().min(1),
    python: z.string().nullable(),
    ...engine,
  }),
]);
export type Job = z.infer<typeof job>;
export type JobOf<T extends Job['type']> = Extract<Job, { type: T }>;

export const toWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), protocol: z.literal(protocolVersion), job }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('continue') }),
  z.object({ type: z.literal('checkpoint') }),
  z.object({ type: z.literal('stop') }),
]);
export type ToWorker = z.infer<typeof toWorker>;

export const tensorInfo = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  dtype: z.string(),
  /** Root of the sum of squares, where it was asked for. */
  norm: savedNumber.optional(),
});

export const diagnoseResult = z.object({
  type: z.literal('diagnose'),
  definition: z.string(),
  tap: z.enum(taps),
  tokens: z.literal('patches'),
  images: z.int(),
  split: z.string(),
  dataset: datasetIdentity,
  engine: engineDescription,
  metrics: z.partialRecord(z.enum(probeMetrics), z.array(savedNumber)),
});
export const evaluateResult = z.object({
  type: z.literal('evaluate'),
  split: z.string(),
  images: z.int(),
  top1: savedNumber,
  top5: savedNumber,
  loss: savedNumber,
  dataset: datasetIdentity,
  engine: engineDescription,
});

export const inspectResult = z.object({
  type: z.literal('inspect'),
  file: z.string(),
  container: z.string(),
  /** In words. */
  layout: z.string(),
  bytes: z.int(),
  weight_sets: z.array(z.string()),
  /** The set that is shown; null where the file holds one without a name. */
  weights: z.string().nullable(),
  tensors: z.array(tensorInfo),
  parameters: z.int(),
  model: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).nullable(),
  /** Of the images it was trained on, where the file or what lies beside it says that. */
  normalisation: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }).nullable(),
  metadata: z.record(z.string(), z.string()),
  /** What it was trained with, out of the metadata, as lines. */
  trained: z.array(z.string()),
  /** What was taken and assumed. */
  notes: z.array(z.string()),
  problems: z.array(z.string()),
});

export const jobResult = z.discriminatedUnion('type', [
  z.object({ type: z.literal('train'), run: runSchema, dir: z.string() }),
  diagnoseResult,
  evaluateResult,
  z.object({
    type: z.literal('forward'),
    out: z.string(),
    tensors: z.array(tensorInfo),
    losses: z.record(z.string(), savedNumber),
    engine: engineDescription,
  }),
  inspectResult,
  z.object({
    type: z.literal('convert'),
    file: z.string(),
    out: z.string(),
    layout: z.string(),
    bytes: z.int(),
    parameters: z.int(),
    model: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    notes: z.array(z.string()),
    problems: z.array(z.string()),
  }),
  z.object({
    type: z.literal('export'),
    target: z.enum(exportTargets),
    out: z.string(),
    files: z.array(z.object({ path: z.string(), bytes: z.int() })),
    /** A line of Python that loads it. */
    load: z.string(),
    /** What was assumed, changed, left out. */
    notes: z.array(z.string()),
  }),
  datasetFindings.extend({ type: z.literal('dataset') }),
  z.object({
    type: z.literal('thumbnails'),
    out: z.string(),
    width: z.int(),
    height: z.int(),
    channels: z.int(),
    /** Images of the split in all. */
    total: z.int(),
    /** Class of each image written. */
    labels: z.array(z.int()),
  }),
  z.object({
    type: z.literal('bench'),
    device: z.string(),
    engine: engineDescription,
    threads: z.int(),
    versions: z.record(z.string(), z.string()),
    shapes: z.array(
      z.object({
        name: z.string(),
        step_ms: z.number(),
        peer_step_ms: z.number().nullable(),
        ratio: z.number().nullable(),
        details: z.record(z.string(), savedNumber),
      }),
    ),
    notes: z.array(z.string()),
  }),
  z.object({
    type: z.literal('bench-data'),
    device: z.string(),
    engine: engineDescription,
    threads: z.int(),
    versions: z.record(z.string(), z.string()),
    dataset: z.string(),
    images: z.int(),
    workers: z.int(),
    batch: z.int(),
    /** Images a second, medians over the rounds; peer_loader: timm's. */
    rates: z.object({
      loader: z.number(),
      step: z.number(),
      together: z.number(),
      peer_loader: z.number().nullable(),
    }),
    ratios: z.object({ loader_to_peer: z.number().nullable(), together_to_slower: z.number() }),
    notes: z.array(z.string()),
  }),
]);
export type JobResult = z.infer<typeof jobResult>;
export type ResultOf<T extends JobResult['type']> = Extract<JobResult, { type: T }>;

export const fromWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), protocol: z.int(), pid: z.int() }),
  z.object({ type: z.literal('heartbeat'), at: z.number() }),
  z.object({ type: z.literal('status'), status: runStatus, reason: z.string().nullable() }),
  z.object({ type: z.literal('progress'), done: z.number(), total: z.number(), unit: z.string(), note: z.string() }),
  z.object({ type: z.literal('metrics'), lines: z.array(metricsLine) }),
  z.object({ type: z.literal('layers'), lines: z.array(layersLine) }),
  z.object({ type: z.literal('checkpoint'), step: z.int(), file: z.string() }),
  z.object({ type: z.literal('log'), level: z.enum(['info', 'warning', 'error']), text: z.string() }),
  z.object({ type: z.literal('result'), result: jobResult }),
  z.object({ type: z.literal('error'), error: errorData }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
