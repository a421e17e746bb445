// A run and a checkpoint small enough to write a thousand times.
import { parseRecipe } from '../../contract/recipe.ts';
import type { Run } from '../../contract/saved/run.ts';
import type { CheckpointToSave } from '../../native-worker/run-folder/checkpoints.ts';

export const tinyRun = (): Run => ({
  version: 1,
  id: '20260101-000000-tiny',
  status: 'running',
  error: null,
  recipe: parseRecipe({ name: 'tiny' }),
  engine: null,
  threads: 1,
  versions: {},
  dataset: null,
  init: null,
  parameters: null,
  progress: null,
  times: { created: '2026-01-01T00:00:00Z', started: '2026-01-01T00:00:00Z', ended: null, trained_s: 0 },
  attempts: 1,
  summary: {
    'val/top1': null,
    'val/top5': null,
    'val/loss': null,
    'val_ema/top1': null,
    best_top1: null,
    best_step: null,
    last_layer_similarity: {},
    images_per_s: null,
    broken_images: 0,
  },
});

/** Weights and state hold the step in every value. */
export const tinyCheckpoint = (
  step: number,
  metrics: Record<string, number> = {},
  more: { size?: number; keep?: number } = {},
): CheckpointToSave => {
  const size = more.size ?? 100;
  const full = { dtype: 'F32' as const, shape: [size], data: new Float32Array(size).fill(step) };
  return {
    weights: { w: full },
    weightsMetadata: { step: String(step) },
    state: { 'adam.m.w': full, 'adam.v.w': full },
    stateMetadata: { step: String(step) },
    entry: { step, epoch: step / 10, metrics },
    keep: more.keep ?? 3,
  };
};
