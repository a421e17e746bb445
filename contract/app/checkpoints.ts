// Checkpoints of all runs, and what can be asked of one. A checkpoint is named by the path of its weights file.
import { z } from 'zod';
import { probeMetrics, taps } from '../recipe.ts';
import { exportTargets, type ResultOf } from '../worker-api.ts';
import { call } from './call.ts';
import type { Removed } from './runs.ts';

export interface CheckpointRow {
  /** Path of the weights file. */
  file: string;
  run: string;
  runName: string;
  step: number;
  epoch: number;
  /** Of weights and state together. */
  bytes: number;
  /** ISO time. */
  created: string;
  /** Per cent; null where none was measured. */
  top1: number | null;
  /** cos_abs of the last layer at the probe nearest before it; null where there is none. */
  last_layer_similarity: number | null;
  /** The best of its run by top-1. */
  best: boolean;
  /** Results kept of diagnose and evaluate on it. */
  results: CheckpointResults;
}

export type Evaluation = Omit<ResultOf<'evaluate'>, 'type'> & { at: string };
export type Diagnosis = Omit<ResultOf<'diagnose'>, 'type'> & { at: string };
/** Newest first; of the same dataset, split, tap and number of images only the newest is kept. */
export interface CheckpointResults {
  evaluations: Evaluation[];
  diagnoses: Diagnosis[];
}

const file = z.string().min(1).max(4096);
const on = {
  file,
  dataset: z.string().min(1).max(4096),
  split: z.string().min(1).max(200).nullable(),
  images: z.int().min(1).nullable(),
  /** Names the work in `task` events and in `tasks.cancel`. */
  task: z.string().min(1).max(100),
};

export const checkpointCalls = {
  'checkpoints.list': call(z.strictObject({})).returns<CheckpointRow[]>(),
  'checkpoints.inspect': call(z.strictObject({ file, task: on.task })).returns<Omit<ResultOf<'inspect'>, 'type'>>(),
  'checkpoints.evaluate': call(z.strictObject(on)).returns<Evaluation>(),
  'checkpoints.diagnose': call(
    z.strictObject({ ...on, tap: z.enum(taps), metrics: z.array(z.enum(probeMetrics)).min(1) }),
  ).returns<Diagnosis>(),
  /**
   * Gives it back as a file, or for hugging-face as a folder, `out`. Cancelled it leaves nothing. Throws USAGE for a place that is
   * taken (without `force`) and for a model that the target cannot express, by name; what `inspect` throws.
   */
  'checkpoints.export': call(
    z.strictObject({
      file,
      target: z.enum(exportTargets),
      out: file,
      heads: z.int().min(1).nullable(),
      /** Name of a set of weights in the file. */
      weights: z.string().min(1).max(200).nullable(),
      imageSize: z.int().min(1).max(65_536).nullable(),
      force: z.boolean(),
      task: on.task,
    }),
  ).returns<Omit<ResultOf<'export'>, 'type'>>(),
  'checkpoints.openFolder': call(z.strictObject({ file })).returns<null>(),
  /** As `runs.remove`. Throws RUN_ALIVE where the run trains. */
  'checkpoints.remove': call(z.strictObject({ files: z.array(file).min(1).max(10_000) })).returns<Removed>(),
} as const;
