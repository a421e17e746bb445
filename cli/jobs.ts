// Runs one job for a command: shows that it waits, passes its messages on, ends it when the user or the system says so.

import { UnsmoothError } from '../contract/errors.ts';
import type { FromWorker, Job, JobResult, ResultOf } from '../contract/worker-api.ts';
import { startWorker } from '../main/training/start.ts';
import type { CliContext } from './context.ts';

type ResultTypeOf<T extends Job['type']> = T extends 'train' | 'resume' ? 'train' : T;

/** Throws what the job throws, WORKER_DIED, WORKER_SILENT, WORKER_PROTOCOL, or STOPPED. */
export async function runJob<T extends Job['type']>(
  job: Extract<Job, { type: T }>,
  context: CliContext,
  message: (message: FromWorker) => void = () => {},
): Promise<ResultOf<ResultTypeOf<T> & JobResult['type']>> {
  context.signal.throwIfAborted();
  const handle = startWorker(job, {
    queue: context.queue,
    message(m) {
      message(m); // first: a bar is taken away before a line is written
      if (m.type === 'log' && m.level !== 'info') context.progress(`${m.level}: ${m.text}`);
    },
    queued: (pid) =>
      context.progress(`queued: ${pid === null ? 'another job' : `process ${pid}`} computes on this device`),
  });
  const end = () => (context.ending === 'stop' ? handle.stop() : handle.interrupt());
  context.signal.addEventListener('abort', end, { once: true });
  const forget = context.onKill(() => handle.kill());
  try {
    const result: JobResult = await handle.done;
    const wanted = job.type === 'resume' ? 'train' : job.type;
    if (isOf(result, wanted as ResultTypeOf<T> & JobResult['type'])) return result;
    throw new UnsmoothError(
      'WORKER_PROTOCOL',
      `the worker answered ${job.type} with ${result.type}`,
      'Run the set-up again.',
    );
  } finally {
    context.signal.removeEventListener('abort', end);
    forget();
  }
}

function isOf<K extends JobResult['type']>(result: JobResult, type: K): result is ResultOf<K> {
  return result.type === type;
}
