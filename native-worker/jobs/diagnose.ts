// The job `diagnose`: per-layer diagnostics of a checkpoint on a split.
import { UnsmoothError } from '../../contract/errors.ts';
import { encodeList } from '../../contract/saved/lines.ts';
import type { RunJob } from '../job-context.ts';
import { probe } from '../training/evaluation.ts';
import { probeFunction } from '../training/program.ts';
import { openOnData } from './checkpoint-on-data.ts';

export const run: RunJob<'diagnose'> = async (job, context) => {
  const { executor, close, data, images, identity, engine } = await openOnData(job, context, 'probe', (model, batch) =>
    probeFunction(model, batch, job.metrics, [job.tap]),
  );
  try {
    const layers = await probe(executor, data, job.metrics, [job.tap], (done) => {
      if (context.control.ending !== 'no')
        throw new UnsmoothError('STOPPED', `stopped after ${done} of ${images} images`);
      context.emit({ type: 'progress', done, total: images, unit: 'images', note: '' });
    });
    const metrics = Object.fromEntries([...(layers.get(job.tap) ?? [])].map(([id, v]) => [id, encodeList(v.mean)]));
    return {
      type: 'diagnose',
      definition:
        'patch tokens of every layer, mean over images; layer 0 is the patch embedding with position embedding',
      tap: job.tap,
      tokens: 'patches',
      images,
      split: data.split,
      dataset: identity,
      engine,
      metrics,
    };
  } finally {
    await close();
  }
};
