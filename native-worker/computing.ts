// The jobs that take long, each loaded with what it needs only when it is asked for. Known to the computing thread alone.
import { UnsmoothError } from '../contract/errors.ts';
import type { Job, JobResult } from '../contract/worker-api.ts';
import type { JobContext } from './job-context.ts';

export async function compute(job: Job, context: JobContext): Promise<JobResult> {
  switch (job.type) {
    case 'train':
      return (await import('./jobs/train.ts')).train(job, context);
    case 'resume':
      return (await import('./jobs/train.ts')).resume(job, context);
    case 'diagnose':
      return (await import('./jobs/diagnose.ts')).run(job, context);
    case 'evaluate':
      return (await import('./jobs/evaluate.ts')).run(job, context);
    case 'forward':
      return (await import('./jobs/forward.ts')).run(job, context);
    case 'bench':
      return (await import('./jobs/bench.ts')).run(job, context);
    case 'bench-data':
      return (await import('./jobs/bench-data.ts')).run(job, context);
    case 'convert':
      return (await import('./jobs/convert.ts')).convert(job, context);
    case 'export':
      return (await import('./jobs/export.ts')).run(job, context);
    case 'inspect':
    case 'dataset':
    case 'thumbnails':
      throw new UnsmoothError('INTERNAL', `the job ${job.type} does not compute`);
  }
}
