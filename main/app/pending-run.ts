// A run before its worker wrote run.json: what is known of it while it waits for its device.
import path from 'node:path';
import type { Run, RunStatus } from '../../contract/saved/run.ts';
import type { JobOf } from '../../contract/worker-api.ts';

export function pendingRun({ dir, recipe, engine }: JobOf<'train'>, status: RunStatus, created: string): Run {
  return {
    version: 1,
    id: path.basename(dir),
    status,
    error: null,
    recipe,
    engine: null,
    threads: engine.threads,
    versions: {},
    dataset: null,
    parameters: null,
    progress: null,
    times: { created, started: created, ended: null, trained_s: 0 },
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
    },
  };
}
