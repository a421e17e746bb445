// The jobs that do not compute: they answer in the process's main thread and never load the engine.
import type { Job, JobResult } from '../contract/worker-api.ts';
import type { JobContext } from './job-context.ts';

export async function quick(
  job: Extract<Job, { type: 'inspect' | 'dataset' | 'thumbnails' }>,
  context: JobContext,
): Promise<JobResult> {
  switch (job.type) {
    case 'inspect':
      return (await import('./jobs/inspect.ts')).inspect(job, context);
    case 'dataset':
      return (await import('./jobs/dataset.ts')).dataset(job, context);
    case 'thumbnails':
      return (await import('./jobs/thumbnails.ts')).thumbnails(job, context);
    default:
      return job satisfies never;
  }
}
