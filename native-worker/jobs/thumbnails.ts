// Some images of a split as raw pixels in a file: arrays do not travel as messages. Never loads the engine.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { JobResult } from '../../contract/worker-api.ts';
import { splitOf } from '../data/dataset.ts';
import { openDataset } from '../data/open.ts';
import { openingOf } from '../data/opening.ts';
import { openSamples } from '../data/samples.ts';
import type { RunJob } from '../job-context.ts';
import { thumbnail } from './thumbnail.ts';

/** Side of the squares that images of different sizes are fitted into. */
const side = 96;
/** Decoded at a time. */
const atOnce = 8;

/** Throws DATASET_NOT_FOUND, DATASET_INVALID, FILE_IO, DISK_FULL, STOPPED. Beyond the last image the result is empty. */
export const thumbnails: RunJob<'thumbnails'> = async (job, context): Promise<JobResult> => {
  const dataset = await openDataset(job.dataset, openingOf(context));
  const split = splitOf(dataset, job.split);
  const total = split.count;
  const from = Math.min(job.from, total);
  const end = Math.min(from + job.count, total);
  const { width, height } = split.size ?? { width: side, height: side };
  const { channels } = dataset;
  const reader = openSamples(split.source);
  const out = openSync(job.out, 'w');
  try {
    for (let at = from; at < end; at += atOnce) {
      const drawn: Promise<Uint8Array>[] = [];
      for (let i = at; i < Math.min(at + atOnce, end); i++)
        drawn.push(thumbnail(reader, i, { width, height, channels }));
      for (const pixels of await Promise.all(drawn)) writeSync(out, pixels);
    }
  } finally {
    closeSync(out);
    await reader.close();
  }
  const labels = Array.from(split.labels.subarray(from, end));
  return { type: 'thumbnails', out: job.out, width, height, channels, total, labels };
};
