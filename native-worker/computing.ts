// The jobs that need the engine, each loaded only when it is asked for. Known to the computing thread alone.
import { UnsmoothError } from '../contract/errors.ts';
import type { Job, JobResult } from '../contract/worker-api.ts';
import type { JobContext } from './job-context.ts';

export async function compute(job: Job, _context: JobContext): Promise<JobResult> {
  switch (job.type) {
    default:
      throw new UnsmoothError('INTERNAL', `the job ${job.type} does not compute`);
  }
}
