// The loop of a run: steps, and what is due between them (evaluation, probe, checkpoint, a line on disk). It knows the run folder and
// the engine by their interfaces, and looks at the control flags between two steps.
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { encodeList, encodeScalars, type LayersLine } from '../../contract/saved/lines.ts';
import type { RunStatus, RunSummary } from '../../contract/saved/run.ts';
import type { Executor } from '../engine/executor.ts';
import type { Values } from '../engine/spec.ts';
import type { JobContext } from '../job-context.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { optimiserInputs } from './batches.ts';
import { type EvaluationData, evaluate, probe } from './evaluation.ts';
import { isDue, type Plan } from './plan.ts';
import type { RunRecord } from './record.ts';
import { saveCheckpoint } from './state.ts';

export interface Training {
  plan: Plan;
  executor: Executor;
  folder: RunFolder;
  record: RunRecord;
  context: JobContext;
  /** Inputs of forward pass i. */
  batches: (microStep: number) => Promise<Values>;
  validation: EvaluationData;
  probeSet: EvaluationData;
  /** Seconds of training before this attempt. */
  trainedBefore: number;
}

type Ending = Extract<RunStatus, 'done' | 'stopped' | 'interrupted'>;

/** Trains from optimiser step `from` to the plan's end or until asked to end. Throws RUN_DIVERGED naming the term and the step. */
export async function trainingLoop(t: Training, from: number): Promise<Ending> {
  const { plan, context } = t;
  const { recipe, stepsPerEpoch, steps } = plan;
  const clock = new Clock(t.trainedBefore);
  const images = plan.batch * recipe.train.grad_accum;
  let saved = from;
  t.record.setStatus('compiling');
  if (from === 0) await probeAt(t, 0);
  let step = from;
  const save = async (tags: Record<string, number>) => {
    await persist(t, () => saveCheckpoint(t, step, clock.seconds(), tags));
    saved = step;
  };
  if (from === 0 && recipe.model.init !== 'random' && t.folder.checkpoints.length === 0) {
    const tags = await evaluationAt(t, 0);
    await writeMetrics(t, 0, clock, tags);
    await save(tags); // from here on the run does not need the checkpoint it started from
  }
  for (; step < steps; ) {
    if (!(await goOn(t, clock, async () => saved !== step && save({})))) break;
    const started = performance.now();
    const terms = await optimiserStep(t, step);
    const milliseconds = performance.now() - started;
    if (step === from) t.record.setStatus('running');
    else clock.count(images, milliseconds);
    step++;
    const tags = scalarsOf(t, terms, step, step - 1 === from ? null : milliseconds);
    const last = step === steps;
    const measured = last || isDue(step, recipe.train.eval_every_epochs * stepsPerEpoch);
    if (measured) Object.assign(tags, await evaluationAt(t, step));
    if (last || isDue(step, recipe.probe.every_steps) || isDue(step, epochsToSteps(plan, recipe.probe.every_epochs)))
      await probeAt(t, step);
    if (measured || step % recipe.train.log_every_steps === 0) await writeMetrics(t, step, clock, tags);
    noteProgress(t, step, clock, measured || last);
    const asked = context.control.takeCheckpointRequest();
    const due =
      isDue(step, recipe.train.checkpoint_every_steps) ||
      isDue(step, epochsToSteps(plan, recipe.train.checkpoint_every_epochs));
    if (last || asked || due) await save(tags);
  }
  if (saved !== step) await save({});
  noteProgress(t, step, clock, true);
  if (step === steps) return 'done';
  return context.control.ending === 'stop' ? 'stopped' : 'interrupted';
}

const epochsToSteps = (plan: Plan, epochs: number | null): number | null =>
  epochs === null ? null : epochs * plan.stepsPerEpoch;

/** Seconds of training over all attempts (pauses left out) and the rate of the steps. */
class Clock {
  /** When the clock was last set going; null while it stands. */
  private mark: number | null = performance.now();
  private before: number;
  private images = 0;
  private milliseconds = 0;
  private lastNoted = Number.NEGATIVE_INFINITY;
  constructor(before: number) {
    this.before = before;
  }
  seconds(): number {
    return this.before + (this.mark === null ? 0 : (performance.now() - this.mark) / 1000);
  }
  pause(): void {
    this.before = this.seconds();
    this.mark = null;
  }
  continue(): void {
    this.mark = performance.now();
  }
  count(images: number, milliseconds: number): void {
    this.images += images;
    this.milliseconds += milliseconds;
  }
  /** Over the steps counted, or null before the first. */
  imagesPerSecond(): number | null {
    return this.milliseconds === 0 ? null : (1000 * this.images) / this.milliseconds;
  }
  /** True at most every two seconds: how often run.json is replaced. */
  dueToNote(): boolean {
    const now = performance.now();
    if (now - this.lastNoted < 2000) return false;
    this.lastNoted = now;
    return true;
  }
}

/** Waits while paused, saving when asked; false when the run was asked to end. */
async function goOn(t: Training, clock: Clock, save: () => Promise<unknown>): Promise<boolean> {
  const { control } = t.context;
  t.folder.assertOwner();
  if (control.paused && control.ending === 'no') {
    clock.pause();
    t.record.setStatus('paused');
    while (control.paused && control.ending === 'no') {
      if (control.takeCheckpointRequest()) await save();
      control.wait(500);
    }
    clock.continue();
    if (control.ending === 'no') t.record.setStatus('running');
  }
  return control.ending === 'no';
}

/** One optimiser step; returns the mean of each output over the forward passes. */
async function optimiserStep(t: Training, step: number): Promise<Record<string, number>> {
  const { plan, executor, batches } = t;
  const { grad_accum } = plan.recipe.train;
  if (grad_accum === 1)
    return means([await executor.call('train', { ...(await batches(step)), ...optimiserInputs(plan, step) })]);
  const outputs: Values[] = [];
  for (let i = 0; i < grad_accum; i++)
    outputs.push(
      await executor.call('accumulate', {
        ...(await batches(step * grad_accum + i)),
        first: Float32Array.of(i === 0 ? 1 : 0),
      }),
    );
  const { done: _, ...applied } = await executor.call('apply', optimiserInputs(plan, step));
  return { ...means(outputs), ...means([applied]) };
}

function means(outputs: readonly Values[]): Record<string, number> {
  const first = outputs[0] ?? {};
  return Object.fromEntries(
    Object.keys(first).map((k) => [
      k,
      outputs.reduce((sum, o) => sum + ((o[k] as Float32Array)[0] as number), 0) / outputs.length,
    ]),
  );
}

/** The tags of a step, or RUN_DIVERGED for a term that is not finite. */
function scalarsOf(
  t: Training,
  terms: Record<string, number>,
  step: number,
  milliseconds: number | null,
): Record<string, number> {
  const { plan } = t;
  const parts = Object.keys(terms).filter((k) => k !== 'loss' && k !== 'top1');
  const broken = [...parts, 'loss'].find((k) => !Number.isFinite(terms[k]));
  if (broken)
    throw new UnsmoothError(
      'RUN_DIVERGED',
      `${broken} became ${terms[broken]} at step ${step}`,
      'Lower optim.lr or clip the gradient (optim.clip_grad); the last good checkpoint is kept.',
      [{ where: `train/${broken}`, message: `step ${step}: ${terms[broken]}` }],
    );
  const tags: Record<string, number> = {};
  for (const [k, v] of Object.entries(terms))
    tags[k === 'grad_norm' ? 'optim/grad_norm' : `train/${k}`] = k === 'top1' ? 100 * v : v;
  tags['optim/lr'] = (optimiserInputs(plan, step - 1).lr as Float32Array)[0] as number;
  if (milliseconds !== null) {
    tags['perf/step_ms'] = milliseconds;
    tags['perf/images_per_s'] = (1000 * plan.batch * plan.recipe.train.grad_accum) / milliseconds;
  }
  return tags;
}

async function evaluationAt(t: Training, step: number): Promise<Record<string, number>> {
  const { executor, validation, plan, record } = t;
  const plain = await evaluate(executor, 'eval', validation);
  const tags: Record<string, number> = { 'val/loss': plain.loss, 'val/top1': plain.top1, 'val/top5': plain.top5 };
  const summary: Partial<RunSummary> = encodeScalars(tags);
  if (plan.recipe.optim.model_ema) {
    const ema = await evaluate(executor, 'eval_ema', validation);
    Object.assign(tags, { 'val_ema/loss': ema.loss, 'val_ema/top1': ema.top1, 'val_ema/top5': ema.top5 });
    summary['val_ema/top1'] = encodeScalars({ x: ema.top1 }).x;
  }
  const best = record.run.summary.best_top1;
  const better = best === null || plain.top1 > decodeNumber(best);
  record.stage({
    summary: { ...record.run.summary, ...summary, ...(better ? { best_top1: plain.top1, best_step: step } : {}) },
  });
  return tags;
}

async function probeAt(t: Training, step: number): Promise<void> {
  const { recipe, stepsPerEpoch } = t.plan;
  const values = await probe(t.executor, t.probeSet, recipe.probe.metrics, recipe.probe.taps);
  const lines: LayersLine[] = [];
  const similarity: RunSummary['last_layer_similarity'] = {};
  for (const [tap, byMetric] of values) {
    const line: LayersLine = {
      step,
      epoch: step / stepsPerEpoch,
      probe: { split: recipe.probe.split, images: t.probeSet.images },
      tap,
      tokens: 'patches',
      metrics: {},
      spread: {},
    };
    for (const [metric, v] of byMetric) {
      line.metrics[metric] = encodeList(v.mean);
      line.spread[metric] = { q10: encodeList(v.q10), q90: encodeList(v.q90) };
      const last = line.metrics[metric]?.at(-1);
      if (metric === 'cos_abs' && last !== undefined) similarity[tap] = last;
    }
    lines.push(line);
  }
  await persist(t, () => {
    for (const line of lines) t.folder.appendLayers(line);
  });
  t.record.stage({ summary: { ...t.record.run.summary, last_layer_similarity: similarity } });
  t.context.emit({ type: 'layers', lines });
}

async function writeMetrics(t: Training, step: number, clock: Clock, tags: Record<string, number>): Promise<void> {
  const line = { step, epoch: step / t.plan.stepsPerEpoch, wall: clock.seconds(), ...encodeScalars(tags) };
  await persist(t, () => t.folder.appendMetrics(line));
  t.context.emit({ type: 'metrics', lines: [line] });
}

function noteProgress(t: Training, step: number, clock: Clock, now: boolean): void {
  if (!clock.dueToNote() && !now) return;
  const { plan, record } = t;
  const rate = clock.imagesPerSecond();
  record.stage({
    progress: { step, steps: plan.steps, epoch: step / plan.stepsPerEpoch, steps_per_epoch: plan.stepsPerEpoch },
    times: { ...record.run.times, trained_s: clock.seconds() },
    summary: { ...record.run.summary, images_per_s: rate ?? record.run.summary.images_per_s },
  });
  t.record.save();
}

/** Writes; on a full disk the run pauses, says so, and goes on when there is room. */
async function persist<T>(t: Training, write: () => T | Promise<T>): Promise<T> {
  const { status } = t.record.run;
  for (let told = false; ; ) {
    try {
      const result = await write();
      if (told) t.record.setStatus(status);
      return result;
    } catch (e) {
      const error = UnsmoothError.from(e);
      if (error.code !== 'DISK_FULL' || t.context.control.ending !== 'no') throw error;
      if (!told)
        t.record.setStatus(
          'paused',
          `The disk is full (${error.message}). Free some space; the run goes on by itself.`,
        );
      told = true;
      t.context.control.wait(1000);
    }
  }
}
