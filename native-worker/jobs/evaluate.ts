// The job `evaluate`: top-1, top-5 and loss of a checkpoint on a split.
import { UnsmoothError } from '../../contract/errors.ts';
import { encodeNumber } from '../../contract/numbers.ts';
import type { RunJob } from '../job-context.ts';
import { evaluate } from '../training/evaluation.ts';
import { evaluationFunction } from '../training/program.ts';
import { openOnData } from './checkpoint-on-data.ts';

export const run: RunJob<'evaluate'> = async (job, context) => {
  const { executor, close, data, images, identity, engine } = await openOnData(job, context, 'eval', (model, batch) => {
    if (model.num_classes < 1)
      throw new UnsmoothError(
        'CHECKPOINT_INVALID',
        `${job.checkpoint} has no classification head`,
        'Diagnose it, or fine-tune it first (model.init).',
      );
    return evaluationFunction(model, batch);
  });
  try {
    const result = await evaluate(executor, 'eval', data, (done) => {
      if (context.control.ending !== 'no')
        throw new UnsmoothError('STOPPED', `stopped after ${done} of ${images} images`);
      context.emit({ type: 'progress', done, total: images, unit: 'images', note: '' });
    });
    return {
      type: 'evaluate',
      split: data.split,
      images: result.images,
      top1: encodeNumber(result.top1),
      top5: encodeNumber(result.top5),
      loss: encodeNumber(result.loss),
      dataset: identity,
      engine,
    };
  } finally {
    await close();
  }
};
