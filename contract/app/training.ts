// Starting and steering trainings from the window.
import { z } from 'zod';
import { type Recipe, recipeSchema } from '../recipe.ts';
import { call } from './call.ts';

/** A recipe that ships with the program. */
export interface Preset {
  /** File name without ending. */
  id: string;
  title: string;
  /** The opening comment of its file: what it shows, its command, its time, the result it gave. */
  about: string;
  /** Of the comment: where the settings come from, and what a run of it gave; empty where it does not say. */
  source: string;
  result: string;
  recipe: Recipe;
  text: string;
}

export interface Estimate {
  parameters: number;
  /** Floating-point operations of one optimiser step, forward and backward. */
  flops_per_step: number;
  steps: number;
  steps_per_epoch: number;
  /** Bytes a run is expected to need beyond the engine itself. */
  memory_bytes: number;
  /** Bytes of this machine, or of the GPU where the engine computes there; null where it is not known. */
  memory_available: number | null;
  /** null where the engine's speed was never measured on this machine. */
  seconds: number | null;
  engine: string;
  /** Sentences: which engine will be used and why, what makes the estimate rough. */
  notes: string[];
}

/** How a training of this program stands, beyond what its folder says. */
export interface TrainingState {
  id: string;
  /** `waiting`: another job computes on its device. */
  state: 'waiting' | 'working';
  /** Last step heard of, and what it was doing when it said so ("compiling", "evaluating", …; empty while it trains). */
  step: number;
  steps: number | null;
  note: string;
  /** Seconds until the end at the speed of the last steps; null while it is not known. */
  eta_s: number | null;
  images_per_s: number | null;
}

const id = z.string().min(1).max(200);
const one = z.strictObject({ id });

export const trainingCalls = {
  'training.presets': call(z.strictObject({})).returns<Preset[]>(),
  'training.estimate': call(z.strictObject({ recipe: recipeSchema })).returns<Estimate>(),
  /** Throws RECIPE_INVALID, DATASET_NOT_FOUND, CHECKPOINT_NOT_FOUND, ENGINE_MISSING, FILE_IO, DISK_FULL; with problems at fields. */
  'training.start': call(z.strictObject({ recipe: recipeSchema })).returns<{ id: string; notes: string[] }>(),
  /** Starts the example recipe on the best engine there is. */
  'training.example': call(z.strictObject({})).returns<{ id: string; notes: string[] }>(),
  /** Throws RUN_ALIVE, RUN_NOT_RESUMABLE, … */
  'training.resume': call(one).returns<{ notes: string[] }>(),
  'training.states': call(z.strictObject({})).returns<TrainingState[]>(),
  'training.pause': call(one).returns<null>(),
  'training.continue': call(one).returns<null>(),
  'training.checkpoint': call(one).returns<null>(),
  'training.stop': call(one).returns<null>(),
} as const;
