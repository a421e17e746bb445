// Some images of a split as raw pixels in a file: arrays do not travel as messages. Never loads the engine.
import { writeFileSync } from 'node:fs';
import type { JobResult } from '../../contract/worker-api.ts';
import { splitOf } from '../data/dataset.ts';
import { openDataset } from '../data/open.ts';
import type { RunJob } from '../job-context.ts';

/** Throws DATASET_NOT_FOUND, DATASET_INVALID, FILE_IO, DISK_FULL. Beyond the last image the result is empty. */
export const thumbnails: RunJob<'thumbnails'> = async (job): Promise<JobResult> => {
  const split = splitOf(await openDataset(job.dataset), job.split);
  const total = split.count;
  const { width, height, channels, pixels } = split.source;
  const from = Math.min(job.from, total);
  const end = Math.min(from + job.count, total);
  const size = width * height * channels;
  writeFileSync(job.out, pixels.subarray(from * size, end * size));
  const labels = Array.from(split.labels.subarray(from, end));
  return { type: 'thumbnails', out: job.out, width, height, channels, total, labels };
};
