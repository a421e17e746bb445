// Runs as the window sees them: rows of the table, one run in full, and what can be done to its folder.
import { z } from 'zod';
import type { CheckpointEntry, Notes, Run, RunStatus } from '../saved/run.ts';
import { call } from './call.ts';

/** A run as one row: what lists and comparisons show of it. */
export interface RunRow {
  id: string;
  dir: string;
  name: string;
  /** `newer` and `broken` are folders that cannot be read; `reason` says why. */
  status: RunStatus | 'newer' | 'broken';
  reason: string;
  /** Another program trains it: it can be watched, not steered. */
  elsewhere: boolean;
  /** ISO time. */
  created: string | null;
  dataset: string | null;
  model: string | null;
  /** Weights of cosine, contrastive and mixing, such as "1/1/0". */
  losses: string | null;
  step: number | null;
  steps: number | null;
  /** Per cent. */
  best_top1: number | null;
  /** cos_abs of the last layer, after the final norm where it was taken. */
  last_layer_similarity: number | null;
  images_per_s: number | null;
  trained_s: number | null;
  engine: string | null;
  /** Fields of the recipe, by dotted path, that are not as they are by default; name aside. */
  recipe: Readonly<Record<string, unknown>>;
  tags: string[];
  archived: boolean;
  /** A few values of val/top1 (else of train/loss) in order, for a sparkline. */
  sparkline: number[];
}

export interface RunDetail {
  row: RunRow;
  run: Run;
  notes: Notes | null;
  /** Oldest first; empty where the index cannot be read, and then `problems` says so. */
  checkpoints: CheckpointEntry[];
  /** recipe.yaml as it lies in the folder. */
  recipeText: string;
  /** Sentences about files that could not be read. */
  problems: string[];
}

/** Something put away that can still be brought back. */
export interface Removed {
  token: string;
  /** Milliseconds until it goes to the system's bin. */
  undoMs: number;
}

const id = z.string().min(1).max(200);

export const runCalls = {
  'runs.list': call(z.strictObject({})).returns<RunRow[]>(),
  /** Throws RUN_NOT_FOUND, RUN_NEWER, INPUT_INVALID. */
  'runs.get': call(z.strictObject({ id })).returns<RunDetail>(),
  /** Changes notes.json only; what is left out stays. */
  'runs.note': call(
    z.strictObject({
      id,
      name: z.string().trim().min(1).max(200).nullable().optional(),
      tags: z.array(z.string().trim().min(1).max(60)).max(50).optional(),
      notes: z.string().max(100_000).optional(),
      archived: z.boolean().optional(),
    }),
  ).returns<RunRow>(),
  /** Puts run folders away; they go to the system's bin when the time to undo is over. Throws RUN_ALIVE for one that trains. */
  'runs.remove': call(z.strictObject({ ids: z.array(id).min(1).max(10_000) })).returns<Removed>(),
  /** The end of log.txt, at most `bytes` of it. */
  'runs.log': call(z.strictObject({ id, bytes: z.int().min(1).max(4_000_000) })).returns<{
    text: string;
    /** Size of the whole file. */
    size: number;
  }>(),
  'runs.openFolder': call(z.strictObject({ id })).returns<null>(),
  /** Brings back what `runs.remove` or `checkpoints.remove` put away. Throws INPUT_INVALID where it is in the bin already. */
  'removed.undo': call(z.strictObject({ token: z.string().min(1).max(100) })).returns<null>(),
} as const;
