// The jobs `train` and `resume`: open the data, build the program, bring the state, run the loop, and leave a run folder that says how it ended.
import { basename } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { DatasetIdentity, Run, RunInit, RunStatus } from '../../contract/saved/run.ts';
import { version } from '../../contract/version.ts';
import type { DatasetLocation, EngineSelection, JobResult } from '../../contract/worker-api.ts';
import type { Broken } from '../data/loader-image.ts';
import { openDataset } from '../data/open.ts';
import { openingOf } from '../data/opening.ts';
import { createExecutor, type Executor } from '../engine/index.ts';
import { sizeOf, type Values } from '../engine/spec.ts';
import type { JobContext, RunJob } from '../job-context.ts';
import { recipeToYaml } from '../run-folder/recipe-file.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { batchSource } from '../training/batches.ts';
import { startFrom } from '../training/from-checkpoint.ts';
import { initialState } from '../training/initial.ts';
import { type Training, trainingLoop } from '../training/loop.ts';
import { makePlan, type Plan } from '../training/plan.ts';
import { trainingProgram } from '../training/program.ts';
import { RunRecord } from '../training/record.ts';
import { openStreams, type RunImages, runImages } from '../training/run-data.ts';
import { loadCheckpoint } from '../training/state.ts';

interface Prepared {
  plan: Plan;
  identity: DatasetIdentity;
  images: RunImages;
}

export const train: RunJob<'train'> = async (job, context) => {
  const prepared = await prepare(job.recipe, job.dataset, context);
  const start = await startState(prepared.plan);
  const folder = RunFolder.create(
    job.dir,
    { ...firstRecord(job.dir, job.recipe, prepared, job.engine.threads), init: start.init },
    recipeToYaml(job.recipe),
  );
  return inFolder(folder, context, async (record) => {
    sayInit(start, folder, context);
    const executor = await openExecutor(prepared, job.engine, record);
    await executor.put(start.values);
    return runLoop({ ...prepared, executor, folder, record, context }, 0, 0);
  });
};

export const resume: RunJob<'resume'> = async (job, context) => {
  const folder = RunFolder.resume(job.dir);
  return inFolder(folder, context, async (record) => {
    const { recipe } = record.run;
    const prepared = await prepare(recipe, job.dataset, context);
    if (record.run.dataset) sameData(record.run.dataset, prepared.identity);
    else record.stage(begun(prepared)); // interrupted before it had begun
    const executor = await openExecutor(prepared, job.engine, record);
    const saved = folder.latestCheckpoint();
    const begin = async () => {
      const start = await startState(prepared.plan);
      record.stage({ init: start.init });
      sayInit(start, folder, context);
      return start.values;
    };
    const state = saved
      ? loadCheckpoint(prepared.plan, saved.weightsPath, saved.statePath)
      : { values: await begin(), step: 0, trainedSeconds: 0 };
    // A checkpoint lies between two steps, so gradient sums are not in it.
    await executor.put(saved ? { ...initialState(prepared.plan, recipe.seed), ...state.values } : state.values);
    folder.resumedFrom(state.step);
    return runLoop({ ...prepared, executor, folder, record, context }, state.step, state.trainedSeconds);
  });
};

async function prepare(recipe: Recipe, location: DatasetLocation, context: JobContext): Promise<Prepared> {
  const dataset = await openDataset(location, openingOf(context));
  const images = runImages(recipe, dataset);
  const { name, kind, path, classes, channels, fingerprint } = dataset;
  const { split, count } = images.train;
  const plan = makePlan(recipe, { classes, channels, size: split.size, trainImages: count });
  const sizes = { train: count, val: images.validation.count };
  return { plan, identity: { name, kind, path, classes, channels, fingerprint, ...sizes }, images };
}

/** A run goes on with the data it began with. */
function sameData(before: DatasetIdentity, now: DatasetIdentity): void {
  if (before.fingerprint !== now.fingerprint)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `dataset ${now.name} (${now.path}) is not the one this run began with: fingerprint ${now.fingerprint.slice(0, 12)}, expected ${before.fingerprint.slice(0, 12)}`,
      'Restore the data, or start a new run.',
    );
}

interface StartState {
  /** Every variable before the first step. */
  values: Values;
  init: RunInit | null;
  warnings: readonly string[];
}

/** From the seed, or the weights of `model.init`, at which the average starts too. */
async function startState(plan: Plan): Promise<StartState> {
  const { seed, model, optim, data } = plan.recipe;
  const values = initialState(plan, seed);
  if (model.init === 'random') return { values, init: null, warnings: [] };
  const { weights, notes, warnings, layout, head } = await startFrom(model.init, plan.model, {
    resizePatches: model.resize_patches,
    data,
  });
  const average = optim.model_ema ? Object.entries(weights).map(([k, v]) => [`ema/${k}`, v]) : [];
  return {
    values: { ...values, ...weights, ...Object.fromEntries(average) },
    init: { file: model.init, layout, head, notes: [...notes, ...warnings] },
    warnings,
  };
}

/** What was taken of a checkpoint, into the run's log and to whoever watches. */
function sayInit({ init, warnings }: StartState, folder: RunFolder, { emit }: JobContext): void {
  for (const text of init?.notes ?? []) {
    folder.log(text);
    emit({ type: 'log', level: warnings.includes(text) ? 'warning' : 'info', text });
  }
}

/** What of run.json is known once the data is open. */
const begun = ({ plan, identity }: Prepared) => ({
  dataset: identity,
  parameters: Object.values(plan.weights).reduce((sum, shape) => sum + sizeOf(shape), 0),
  progress: { step: 0, steps: plan.steps, epoch: 0, steps_per_epoch: plan.stepsPerEpoch },
});

function firstRecord(dir: string, recipe: Recipe, prepared: Prepared, threads: number): Run {
  const now = new Date().toISOString();
  const unknown = {
    'val/top1': null,
    'val/top5': null,
    'val/loss': null,
    'val_ema/top1': null,
    best_top1: null,
    best_step: null,
  };
  return {
    version: 1,
    id: basename(dir),
    status: 'starting',
    error: null,
    recipe,
    engine: null,
    threads,
    versions: { unsmooth: version, node: process.versions.node },
    ...begun(prepared),
    init: null,
    times: { created: now, started: now, ended: null, trained_s: 0 },
    attempts: 1,
    summary: { ...unknown, last_layer_similarity: {}, images_per_s: null, broken_images: 0 },
  };
}

/** The engine as main chose it; run.json says which it became. */
async function openExecutor({ plan }: Prepared, selection: EngineSelection, record: RunRecord): Promise<Executor> {
  const { name, dir, form } = selection;
  const executor = await createExecutor(trainingProgram(plan), {
    engine: name,
    form: form === 'replay' ? undefined : form,
    engineDir: dir ?? undefined,
    matmul: plan.recipe.precision,
  });
  const { version: engineVersion, device, form: actual } = executor.description;
  record.stage({
    engine: { name, form: actual, version: engineVersion, device },
    versions: {
      ...record.run.versions,
      unsmooth: version,
      node: process.versions.node,
      [name === 'wasm' || name === 'webgpu' ? 'tfjs' : 'tensorflow']: engineVersion,
    },
  });
  return executor;
}

type Open = Prepared & Pick<Training, 'executor' | 'folder' | 'record' | 'context'>;

async function runLoop(open: Open, from: number, trainedBefore: number): Promise<RunStatus> {
  const { plan, images } = open;
  const { feeder, validation, probe } = openStreams(plan, images, brokenImages(open));
  try {
    return await trainingLoop(
      { ...open, batches: batchSource(plan, feeder.feeds[0]!), validation, probeSet: probe, trainedBefore },
      from,
    );
  } finally {
    await feeder.close();
    open.executor.dispose();
  }
}

/** Broken images that others stand in for: each is in the log once, and their number, over all attempts, in run.json. */
function brokenImages({ record, folder, context }: Open): (image: Broken) => void {
  const seen = new Set<string>();
  const before = record.run.summary.broken_images;
  return ({ message }) => {
    if (seen.has(message)) return;
    seen.add(message);
    const text = `skipped a broken image: ${message}`;
    folder.log(text);
    context.emit({ type: 'log', level: 'warning', text });
    // An attempt meets again what the one before it met, so the larger of the two counts is right, and never too large.
    record.stage({ summary: { ...record.run.summary, broken_images: Math.max(before, seen.size) } });
  };
}

/** Runs `work` and writes into run.json how it ended, also when it failed. */
async function inFolder(
  folder: RunFolder,
  context: JobContext,
  work: (record: RunRecord) => Promise<RunStatus>,
): Promise<JobResult> {
  const record = new RunRecord(folder, context);
  const ended = () => ({ ...record.run.times, ended: new Date().toISOString() });
  try {
    record.stage({ error: null, times: { ...record.run.times, ended: null } });
    record.setStatus('starting');
    const status = await work(record);
    record.stage({ times: ended() });
    record.setStatus(status);
    return { type: 'train', run: record.run, dir: folder.dir };
  } catch (e) {
    const error = UnsmoothError.from(e);
    folder.log(`${error.code}: ${error.message}\n${e instanceof Error ? (e.stack ?? '') : ''}`);
    if (error.code !== 'RUN_ALIVE') {
      record.stage({ times: ended(), error: error.toData() });
      record.setStatus(error.code === 'RUN_DIVERGED' ? 'diverged' : 'failed', error.message);
    }
    throw error;
  } finally {
    folder.close();
  }
}
