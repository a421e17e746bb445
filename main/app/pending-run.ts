// A run before its worker wrote run.json: what is known of it while it waits for its device, and how it outlives the window that it waited in.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Run, RunStatus } from '../../contract/saved/run.ts';
import type { JobOf } from '../../contract/worker-api.ts';
import { writeJsonFile, writeTextFile } from '../files/json-file.ts';
import { recipeText } from '../training/recipe-file.ts';

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
    init: null,
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
      broken_images: 0,
    },
  };
}

/**
 * Writes the folder of a run that was interrupted before its worker wrote one, so that it is listed and can be resumed: from its first
 * step. Leaves a folder with a run.json alone. Throws FILE_IO, DISK_FULL.
 */
export function keepUnbegun(job: JobOf<'train'>, created: string): void {
  const file = path.join(job.dir, 'run.json');
  if (existsSync(file)) return;
  const run = pendingRun(job, 'interrupted', created);
  const message = 'it had not begun when the window was closed';
  writeTextFile(path.join(job.dir, 'recipe.yaml'), recipeText(job.recipe));
  writeJsonFile(file, {
    ...run,
    attempts: 0,
    error: { code: 'STOPPED', message, hint: '', problems: [] },
  } satisfies Run);
}
