// The jobs that do not compute: they answer in the process's main thread and never load the engine.
import { UnsmoothError } from '../contract/errors.ts';
import type { Job, JobResult } from '../contract/worker-api.ts';
import type { JobContext } from './job-context.ts';

export async function quick(
  job: Extract<Job, { type: 'inspect' | 'dataset' }>,
  _context: JobContext,
): Promise<JobResult> {
  switch (job.type) {
    default:
      throw new UnsmoothError('INTERNAL', `the job ${job.type} does not answer quickly`);
  }
}
