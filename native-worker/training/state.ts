// What a checkpoint holds and how a run is brought back from one: weights by timm's names, and beside them all else that is trained
// or moves (patch_head, moments, EMA). Randomness and the loader need nothing but the step.
import { UnsmoothError } from '../../contract/errors.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import type { TensorFile } from '../checkpoint/tensor-file.ts';
import { vitMetadata } from '../checkpoint/vit-config.ts';
import type { WritableTensor } from '../checkpoint/write-safetensors.ts';
import type { Executor } from '../engine/executor.ts';
import type { Values } from '../engine/spec.ts';
import type { Training } from './loop.ts';
import type { Plan } from './plan.ts';
import { variableNames } from './program.ts';

/** Everything but the weights that a checkpoint keeps. */
function stateShapes(plan: Plan): Record<string, number[]> {
  const { moments, ema } = variableNames(plan);
  return { ...plan.head, ...moments, ...ema };
}

/** Reads the variables out of the engine and writes both files. Throws RUN_DIVERGED where one of them is not finite. */
export async function saveCheckpoint(
  t: Training,
  step: number,
  trainedSeconds: number,
  tags: Record<string, number>,
): Promise<void> {
  const { plan, folder, executor, context } = t;
  const { recipe, model } = plan;
  const weights = await tensors(executor, plan.weights);
  const state = await tensors(executor, stateShapes(plan));
  const broken = Object.entries({ ...weights, ...state }).find(([, w]) => !w.data.every(Number.isFinite));
  if (broken)
    throw new UnsmoothError(
      'RUN_DIVERGED',
      `${broken[0]} stopped being finite at step ${step}`,
      'Lower optim.lr or clip the gradient (optim.clip_grad).',
      [{ where: broken[0], message: `step ${step}` }],
    );
  const entry = folder.saveCheckpoint({
    weights,
    weightsMetadata: vitMetadata(model, {
      dataset: folder.run.dataset?.name ?? '',
      classes: model.num_classes,
      mean: recipe.data.mean,
      std: recipe.data.std,
    }),
    state,
    stateMetadata: {
      'unsmooth.version': '1',
      step: String(step),
      trained_s: String(trainedSeconds),
      seed: String(recipe.seed),
    },
    entry: { step, epoch: step / plan.stepsPerEpoch, metrics: tags },
    keep: recipe.train.keep_checkpoints,
  });
  context.emit({ type: 'checkpoint', step, file: entry.weights });
}

async function tensors(
  executor: Executor,
  shapes: Record<string, number[]>,
): Promise<Record<string, WritableTensor & { data: Float32Array }>> {
  const values = await executor.get(Object.keys(shapes));
  return Object.fromEntries(
    Object.entries(shapes).map(([k, shape]) => [k, { dtype: 'F32' as const, shape, data: values[k] as Float32Array }]),
  );
}

/** Every variable at a checkpoint, and the seconds trained until then. */
export function loadCheckpoint(
  plan: Plan,
  weightsPath: string,
  statePath: string,
): { values: Values; step: number; trainedSeconds: number } {
  const values: Values = {};
  const weights = readSafetensors(weightsPath);
  const state = readSafetensors(statePath);
  try {
    Object.assign(values, named(weights, plan.weights), named(state, stateShapes(plan)));
    return { values, step: Number(state.metadata.step), trainedSeconds: Number(state.metadata.trained_s) };
  } finally {
    weights.close();
    state.close();
  }
}

/** Float32 values of the given names; CHECKPOINT_INVALID for one that is missing or of another shape. */
export function named(file: TensorFile, shapes: Readonly<Record<string, readonly number[]>>): Values {
  const values: Values = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const found = file.tensors.get(name)?.shape;
    if (!found || found.join() !== shape.join())
      throw new UnsmoothError(
        'CHECKPOINT_INVALID',
        `${file.path}: tensor ${name}: expected [${shape.join(', ')}], found ${found ? `[${found.join(', ')}]` : 'none'}`,
        'The checkpoint is of another model than the recipe.',
        [{ where: name, message: 'missing or of another shape' }],
      );
    values[name] = file.readFloat32(name);
  }
  return values;
}
