// From a recipe, or an interrupted run, to the job that a worker is given. Everything that can be refused is refused here, before
// anything starts.
import { existsSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { DatasetLocation, JobOf } from '../../contract/worker-api.ts';
import { indexesOf } from '../datasets/library.ts';
import { datasetOf } from '../datasets/resolve.ts';
import { type ChooseOptions, chooseEngine } from '../engines/choose.ts';
import { readableRun } from '../runs/find.ts';
import { newRunFolder } from '../runs/paths.ts';
import type { ReadableRun } from '../runs/view.ts';

export interface Prepared<T extends 'train' | 'resume'> {
  job: JobOf<T>;
  /** Sentences for the user. */
  notes: string[];
}

/** Makes the folder of the run. Throws DATASET_NOT_FOUND, CHECKPOINT_NOT_FOUND, ENGINE_MISSING, FILE_IO, DISK_FULL. */
export function prepareTraining(
  recipe: Recipe,
  where: { library: string; runs: string },
  options: Pick<ChooseOptions, 'cache'> = {},
): Prepared<'train'> {
  const { init } = recipe.model;
  if (init !== 'random' && !existsSync(init))
    throw new UnsmoothError(
      'CHECKPOINT_NOT_FOUND',
      `model.init: ${init} does not exist`,
      "Set model.init to a checkpoint's file or folder (--set model.init=FILE), or put it there.",
      [{ where: 'model.init', message: `${init} does not exist` }],
    );
  const dataset = datasetOf(recipe.data, where.library);
  const { engine, notes } = chooseEngine(recipe.engine, recipe.threads, options);
  return { job: { type: 'train', dir: newRunFolder(where.runs, recipe.name), recipe, dataset, engine }, notes };
}

/** Throws RUN_NOT_FOUND, RUN_NEWER, RUN_ALIVE, RUN_NOT_RESUMABLE, DATASET_NOT_FOUND, ENGINE_MISSING. */
export function prepareResume(
  name: string,
  where: { library: string; runs: string },
  options: Pick<ChooseOptions, 'cache'> = {},
): Prepared<'resume'> {
  const view = readableRun(where.runs, name);
  const { run } = view;
  if (view.alive)
    throw new UnsmoothError(
      'RUN_ALIVE',
      `run ${view.id} is ${view.status}: another process trains it`,
      'Wait for it, or stop it first.',
    );
  if (run.status === 'done')
    throw new UnsmoothError(
      'RUN_NOT_RESUMABLE',
      `run ${view.id} is done: there is nothing to go on with`,
      'Start a new run from its recipe.yaml with more steps.',
    );
  const before = run.engine;
  const { engine, notes } = before
    ? chooseEngine(before.name, run.threads, { ...options, form: before.form })
    : chooseEngine(run.recipe.engine, run.threads, options);
  return { job: { type: 'resume', dir: view.dir, dataset: datasetOfRun(view, where.library), engine }, notes };
}

/** Where the run's data was, else where its recipe says it is now. */
function datasetOfRun({ run }: ReadableRun, library: string): DatasetLocation {
  const before = run.dataset;
  if (before && existsSync(before.path))
    return { name: before.name, kind: before.kind, path: before.path, indexes: indexesOf(library) };
  return datasetOf(run.recipe.data, library);
}
