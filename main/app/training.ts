// The calls that start and steer trainings, and say beforehand what one will take.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { dataProblems } from '../../core/recipe-on-data.ts';
import { datasetOf } from '../datasets/resolve.ts';
import { datasetShape } from '../datasets/shape.ts';
import { engineStatus } from '../engines/engines.ts';
import { checkInit } from '../training/init-fit.ts';
import { prepareResume, prepareTraining } from '../training/prepare.ts';
import { readPreset, readPresets } from '../training/presets.ts';
import { startWorker } from '../training/start.ts';
import type { AppContext } from './context.ts';
import { estimate } from './estimate.ts';
import type { Library } from './library.ts';
import { runDir } from './run-folder.ts';
import type { Trainings } from './trainings.ts';

type TrainingCalls = Extract<keyof AppApi, `training.${string}`>;

export function trainingServices(app: AppContext, library: Library, trainings: Trainings): Pick<AppApi, TrainingCalls> {
  const where = { library: app.library, runs: app.runs };

  const start = async (recipe: Recipe) => {
    await atFields(recipe, async () => {
      check(recipe, app.library);
      await lookAtInit(app, recipe);
    });
    const { job, notes } = await atFields(recipe, () => prepareTraining(recipe, where, { cache: app.cache }));
    const id = trainings.begin(job, recipe.name);
    await library.look([id]);
    return { id, notes };
  };

  return {
    'training.presets': () => readPresets(app.resources.recipes),
    'training.estimate': ({ recipe }) => estimate(app, recipe),
    'training.start': ({ recipe }) => start(recipe),
    'training.example'() {
      const name = engineStatus('cpu', app.cache).state === 'installed' || gpu(app.cache) ? 'example' : 'example-wasm';
      const { recipe } = readPreset(path.join(app.resources.recipes, `${name}.yaml`));
      return start(recipe);
    },
    async 'training.resume'({ id }) {
      if (trainings.has(id))
        throw new UnsmoothError('RUN_ALIVE', `run ${id} is being trained already`, 'Look at it instead.');
      runDir(app, id);
      const { job, notes } = prepareResume(id, where, { cache: app.cache });
      const { run, notes: said } = library.view(id);
      trainings.begin(job, said?.name ?? run.recipe.name);
      await library.look([id]);
      return { notes };
    },
    'training.states': () => trainings.states(),
    'training.pause': ({ id }) => order(() => trainings.orders(id).pause()),
    'training.continue': ({ id }) => order(() => trainings.orders(id).continue()),
    'training.checkpoint': ({ id }) => order(() => trainings.orders(id).checkpoint()),
    'training.stop': ({ id }) => order(() => trainings.stop(id)),
  };
}

function order(give: () => void): null {
  give();
  return null;
}

const gpu = (cache: string): boolean => engineStatus('cuda', cache).state === 'installed';

/** What the worker would refuse a moment later, seen from the heads of the files. Throws RECIPE_INVALID. */
function check(recipe: Recipe, library: string): void {
  const { data, model } = recipe;
  const relative = (where: string, file: string) =>
    new UnsmoothError('RECIPE_INVALID', `${where}: ${file} is not a full path`, 'Choose it again.', [
      { where, message: `${file} is not a full path` },
    ]);
  if (data.path !== null && !path.isAbsolute(data.path)) throw relative('data.path', data.path);
  if (model.init !== 'random' && !path.isAbsolute(model.init)) throw relative('model.init', model.init);
  const shape = datasetShape(datasetOf(data, library), library);
  if (!shape) return;
  const read = data.val_share === null ? (['train_split', 'val_split'] as const) : (['train_split'] as const);
  const problems = read.flatMap((field) => {
    const where = `data.${field}`;
    const split = data[field];
    const unlabelled = shape.unlabelled[split] ?? 0;
    if (shape.splits[split] === undefined)
      return [{ where, message: `there is no split ${split}; there are ${Object.keys(shape.splits).join(', ')}` }];
    const whole = data[field === 'train_split' ? 'train_limit' : 'val_limit'] === null;
    return unlabelled > 0 && whole ? [{ where, message: `${unlabelled} images of split ${split} have no label` }] : [];
  });
  const all = shape.splits[data.train_split];
  if (all !== undefined) {
    const kept = all - Math.round(all * (data.val_share ?? 0));
    problems.push(...dataProblems(recipe, { ...shape, trainImages: Math.min(kept, data.train_limit ?? kept) }));
  }
  const [first] = problems;
  if (first)
    throw new UnsmoothError('RECIPE_INVALID', `${first.where}: ${first.message}`, 'Change this field.', problems);
}

/** The checkpoint a training starts from, read by a worker as any file of others is. Throws CHECKPOINT_INVALID. */
async function lookAtInit(app: AppContext, recipe: Recipe): Promise<void> {
  const { model } = recipe;
  if (model.init === 'random' || !existsSync(model.init)) return; // what is not there is said where the run is prepared
  const job = { type: 'inspect', file: model.init, heads: model.num_heads } as const;
  const found = await startWorker(job, { ...app.worker, queue: app.queue }).done;
  if (found.type === 'inspect') checkInit(recipe, found);
}

/** Failures of fields are shown there. */
async function atFields<T>(recipe: Recipe, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (e) {
    const error = UnsmoothError.from(e);
    const where = fieldOf(error, recipe);
    if (where === undefined || error.problems.some((p) => /^(data|model)\.|^engine$/.test(p.where))) throw error;
    throw new UnsmoothError(error.code, error.message, error.hint, [{ where, message: error.message }], { cause: e });
  }
}

function fieldOf({ code }: UnsmoothError, { data }: Recipe): string | undefined {
  if (code === 'DATASET_NOT_FOUND' || code === 'DATASET_INVALID')
    return data.path === null ? 'data.dataset' : 'data.path';
  if (code === 'ENGINE_MISSING') return 'engine';
  return code === 'CHECKPOINT_NOT_FOUND' || code === 'CHECKPOINT_INVALID' ? 'model.init' : undefined;
}
