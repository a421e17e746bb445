// The small JSON files of a run folder: run.json (the worker's), notes.json (the app's), owner.json (who writes now).
import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../errors.ts';
import { savedNumber } from '../numbers.ts';
import { datasetKinds, recipeSchema } from '../recipe.ts';
import type { Format } from './format.ts';

export const runStatuses = [
  'queued',
  'starting',
  'compiling',
  'running',
  'paused',
  'stopping',
  'done',
  'stopped',
  'interrupted',
  'failed',
  'diverged',
] as const;
export const runStatus = z.enum(runStatuses);
export type RunStatus = z.infer<typeof runStatus>;

/** A live status needs a living owner; a run in one whose owner is dead is interrupted. */
export const liveStatuses: readonly RunStatus[] = ['queued', 'starting', 'compiling', 'running', 'paused', 'stopping'];

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
export const errorData = z.object({
  code: z.enum(codes),
  message: z.string(),
  hint: z.string(),
  problems: z.array(z.object({ where: z.string(), message: z.string() })),
});

export const engineDescription = z.object({
  name: z.enum(['cuda', 'cpu', 'webgpu', 'wasm']),
  form: z.enum(['xla', 'graph', 'replay']),
  /** TensorFlow's or the tfjs backend's version. */
  version: z.string(),
  device: z.string(),
});
export type EngineDescription = z.infer<typeof engineDescription>;

export const datasetIdentity = z.object({
  name: z.string(),
  kind: z.enum(datasetKinds),
  path: z.string(),
  /** sha256, hex: over the content where all of it is read anyway (idx, cifar), else over names, sizes and labels. */
  fingerprint: z.string(),
  classes: z.int(),
  channels: z.int(),
  /** Images per split, after the recipe's limits. */
  train: z.int(),
  val: z.int(),
});
export type DatasetIdentity = z.infer<typeof datasetIdentity>;

export const runSummary = z.object({
  'val/top1': savedNumber.nullable(),
  'val/top5': savedNumber.nullable(),
  'val/loss': savedNumber.nullable(),
  'val_ema/top1': savedNumber.nullable(),
  best_top1: savedNumber.nullable(),
  best_step: z.int().nullable(),
  /** cos_abs of the last layer at the last probe, by tap. */
  last_layer_similarity: z.record(z.string(), savedNumber),
  images_per_s: savedNumber.nullable(),
  /** Broken images that training replaced by their neighbours (on_broken: skip). */
  broken_images: z.int().default(0),
});
export type RunSummary = z.infer<typeof runSummary>;

/** What a run took from the checkpoint that its recipe names in model.init. */
export const runInit = z.object({
  file: z.string(),
  /** In words. */
  layout: z.string(),
  /** The class head: the checkpoint's, all zeros there, or fresh from the seed for another number of classes. */
  head: z.enum(['file', 'zero', 'fresh']),
  /** What was taken, assumed and fitted, in words. */
  notes: z.array(z.string()),
});
export type RunInit = z.infer<typeof runInit>;

export const runSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  status: runStatus,
  /** Why it ended, where it did not end well. */
  error: errorData.nullable(),
  recipe: recipeSchema,
  engine: engineDescription.nullable(),
  /** Resolved thread count; kept by resume, since bits depend on it. */
  threads: z.int(),
  versions: z.record(z.string(), z.string()),
  dataset: datasetIdentity.nullable(),
  /** null: it starts from random weights, or has not begun. */
  init: runInit.nullable().default(null),
  parameters: z.int().nullable(),
  progress: z.object({ step: z.int(), steps: z.int(), epoch: z.number(), steps_per_epoch: z.int() }).nullable(),
  /** ISO times; `trained_s` is time spent in training over all attempts. */
  times: z.object({ created: z.string(), started: z.string(), ended: z.string().nullable(), trained_s: z.number() }),
  attempts: z.int(),
  summary: runSummary,
});
export type Run = z.infer<typeof runSchema>;
export const runFormat: Format<typeof runSchema> = { name: 'run', version: 1, schema: runSchema, migrations: {} };

export const notesSchema = z.object({
  version: z.literal(1),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  notes: z.string(),
  archived: z.boolean(),
});
export type Notes = z.infer<typeof notesSchema>;
export const notesFormat: Format<typeof notesSchema> = {
  name: 'notes',
  version: 1,
  schema: notesSchema,
  migrations: {},
};

export const ownerSchema = z.object({
  version: z.literal(1),
  pid: z.int(),
  /** The process's start time as the system gives it (Linux: clock ticks since boot): a reused pid is not the owner. */
  process_start: z.string(),
  boot_id: z.string(),
  host: z.string(),
  attempt: z.int(),
});
export type Owner = z.infer<typeof ownerSchema>;
export const ownerFormat: Format<typeof ownerSchema> = {
  name: 'owner',
  version: 1,
  schema: ownerSchema,
  migrations: {},
};

/** ended.json, the supervisor's: how an attempt ended whose worker could not say so itself. */
export const endedSchema = z.object({
  version: z.literal(1),
  attempt: z.int(),
  /** One sentence, as the user was told. */
  reason: z.string(),
  signal: z.string().nullable(),
  exit_code: z.int().nullable(),
  /** ISO time. */
  at: z.string(),
});
export type Ended = z.infer<typeof endedSchema>;
export const endedFormat: Format<typeof endedSchema> = {
  name: 'ended',
  version: 1,
  schema: endedSchema,
  migrations: {},
};

export const checkpointIndexSchema = z.object({
  version: z.literal(1),
  checkpoints: z.array(
    z.object({
      step: z.int(),
      epoch: z.number(),
      /** File names inside checkpoints/. */
      weights: z.string(),
      state: z.string(),
      bytes: z.int(),
      created: z.string(),
      metrics: z.record(z.string(), savedNumber),
    }),
  ),
});
export type CheckpointIndex = z.infer<typeof checkpointIndexSchema>;
export type CheckpointEntry = CheckpointIndex['checkpoints'][number];
export const checkpointIndexFormat: Format<typeof checkpointIndexSchema> = {
  name: 'checkpoint index',
  version: 1,
  schema: checkpointIndexSchema,
  migrations: {},
};
