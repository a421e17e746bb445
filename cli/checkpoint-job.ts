// What `diagnose` and `evaluate` have in common: a checkpoint and a dataset, resolved, with the progress shown.
import { UnsmoothError } from '../contract/errors.ts';
import type { FromWorker, JobOf } from '../contract/worker-api.ts';
import { resolveCheckpoint } from '../main/checkpoints/resolve.ts';
import { resolveDataset } from '../main/datasets/resolve.ts';
import type { CliContext } from './context.ts';
import { type CheckpointOptions, engineOf } from './options.ts';

type CheckpointData = Omit<JobOf<'evaluate'>, 'type'>;

/** Throws CHECKPOINT_NOT_FOUND, DATASET_NOT_FOUND, ENGINE_MISSING, USAGE. */
export function checkpointData(name: string, options: CheckpointOptions, context: CliContext): CheckpointData {
  const { mean, std } = options;
  if ((mean === undefined) !== (std === undefined) || mean?.length !== std?.length)
    throw new UnsmoothError(
      'USAGE',
      '--mean and --std go together, with as many numbers each',
      'Give both or neither.',
    );
  if (std?.some((s) => s <= 0)) throw new UnsmoothError('USAGE', '--std must be above 0', 'Correct --std.');
  return {
    checkpoint: resolveCheckpoint(name, context.runs),
    dataset: resolveDataset(options.data, context.library),
    split: options.split ?? null,
    heads: options.heads ?? null,
    weights: options.weights,
    mean: mean ?? null,
    std: std ?? null,
    images: options.images ?? null,
    engine: engineOf(options, context),
  };
}

/** What a job on a checkpoint says: what it assumed, and at most one line of progress in five seconds. */
export function countProgress(context: CliContext, now: () => number = () => performance.now()) {
  let said = now();
  return (message: FromWorker): void => {
    if (message.type === 'log' && message.level === 'info') context.progress(`note: ${message.text}`);
    if (message.type !== 'progress' || now() - said < 5000) return;
    said = now();
    context.progress(`${message.note ? `${message.note}: ` : ''}${message.done}/${message.total} ${message.unit}`);
  };
}
