// Checkpoints of runs and those that were added from elsewhere, and what can be asked of one. It is named by the path of its weights file.
import { z } from 'zod';
import { probeMetrics, taps } from '../recipe.ts';
import type { SavedImport } from '../saved/import.ts';
import { exportTargets, type ResultOf } from '../worker-api.ts';
import { call } from './call.ts';
import type { Removed } from './runs.ts';

interface Common {
  /** Path of the weights file. */
  file: string;
  /** How it is called wherever there is no table around it. */
  name: string;
  /** ISO time. */
  created: string;
  /** In words; empty where it is not known. */
  layout: string;
  parameters: number | null;
  /** Types of its tensors. */
  dtypes: readonly string[];
  /** Of the file; of a run's, weights and state together. */
  bytes: number;
  /** Per cent; null where none was measured. */
  top1: number | null;
  /** cos_abs of the last layer; null where there is none. */
  last_layer_similarity: number | null;
  /** What it was trained with, in a few words; empty where that is not known. */
  trained: string;
  /** Results kept of diagnose and evaluate on it. */
  results: CheckpointResults;
}

export interface RunCheckpoint extends Common {
  origin: 'run';
  run: string;
  runName: string;
  step: number;
  epoch: number;
  /** The best of its run by top-1. */
  best: boolean;
}

export interface ImportedCheckpoint extends Common {
  origin: 'import';
  run: null;
  step: null;
  best: false;
  /** changed: the file is not the one that was read; missing: it is gone; broken: what was kept of it cannot be read. */
  state: 'available' | 'changed' | 'missing' | 'broken';
  /** What is wrong; empty where it is available. */
  note: string;
  /** null where that cannot be read. */
  saved: SavedImport | null;
}
export type CheckpointRow = RunCheckpoint | ImportedCheckpoint;

/** What a result was measured with, beyond what the file says. */
interface Measured {
  /** ISO time. */
  at: string;
  weights: string | null;
  heads: number | null;
  mean: number[] | null;
  std: number[] | null;
}
export type Evaluation = Omit<ResultOf<'evaluate'>, 'type'> & Measured;
export type Diagnosis = Omit<ResultOf<'diagnose'>, 'type'> & Measured;
/** Newest first; of the same data, tap, number of images, set of weights, heads and normalisation only the newest is kept. */
export interface CheckpointResults {
  evaluations: Evaluation[];
  diagnoses: Diagnosis[];
}

const file = z.string().min(1).max(4096);
const task = z.string().min(1).max(100);
/** What the file does not say, or says of several. */
const model = {
  file,
  /** Name of a set of weights in the file; null: the one that `inspect` takes. */
  weights: z.string().min(1).max(200).nullable().default(null),
  /** Attention heads. */
  heads: z.int().min(1).max(10_000).nullable().default(null),
};
const perChannel = z.array(z.number()).min(1).max(64).nullable().default(null);
const on = {
  ...model,
  dataset: z.string().min(1).max(4096),
  split: z.string().min(1).max(200).nullable(),
  images: z.int().min(1).nullable(),
  /** How its images are normalised, where the file does not say; both or neither. */
  mean: perChannel,
  std: perChannel,
  /** Names the work in `task` events and in `tasks.cancel`. */
  task,
};

export const checkpointCalls = {
  'checkpoints.list': call(z.strictObject({})).returns<CheckpointRow[]>(),
  /** `norms`: also of every tensor, which reads the whole file. */
  'checkpoints.inspect': call(z.strictObject({ ...model, norms: z.boolean().default(false), task })).returns<
    Omit<ResultOf<'inspect'>, 'type'>
  >(),
  /**
   * Reads a file of weights, or a folder that holds them, and lists it from then on, with the set of weights and the heads that are to be
   * used; one that is listed is read anew. Nothing is copied. Throws what `inspect` throws, USAGE for a run's checkpoint.
   */
  'checkpoints.import': call(
    z.strictObject({
      path: file,
      /** null: that of its file or folder, or the one it has. */
      name: z.string().trim().min(1).max(200).nullable().default(null),
      weights: model.weights,
      heads: model.heads,
      task,
    }),
  ).returns<ImportedCheckpoint>(),
  /** Takes imports out of the list; their files and what was measured on them stay. */
  'checkpoints.forget': call(z.strictObject({ files: z.array(file).min(1).max(10_000) })).returns<null>(),
  'checkpoints.evaluate': call(z.strictObject(on)).returns<Evaluation>(),
  'checkpoints.diagnose': call(
    z.strictObject({ ...on, tap: z.enum(taps), metrics: z.array(z.enum(probeMetrics)).min(1) }),
  ).returns<Diagnosis>(),
  /** Asks where to, and writes it as .safetensors with timm's names. null where the user thought better of it. Cancelled it leaves nothing. */
  'checkpoints.convert': call(z.strictObject({ ...model, task })).returns<Omit<ResultOf<'convert'>, 'type'> | null>(),
  /**
   * Asks where to, and gives it back as a file, or for hugging-face as a folder. null where the user thought better of it. Cancelled it
   * leaves nothing. Throws USAGE for a model that the target cannot express and for a folder that holds one, by name; what `inspect` throws.
   */
  'checkpoints.export': call(
    z.strictObject({
      ...model,
      target: z.enum(exportTargets),
      /** The position embedding is resized for it. */
      imageSize: z.int().min(1).max(65_536).nullable(),
      task,
    }),
  ).returns<Omit<ResultOf<'export'>, 'type'> | null>(),
  'checkpoints.openFolder': call(z.strictObject({ file })).returns<null>(),
  /** As `runs.remove`. Throws RUN_ALIVE where the run trains. */
  'checkpoints.remove': call(z.strictObject({ files: z.array(file).min(1).max(10_000) })).returns<Removed>(),
} as const;
