// The thread that owns the engine: runs one computing job and posts what it says to the process's main thread. It may be inside
// one native call for minutes, so it holds no timer and answers no message.
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { UnsmoothError } from '../contract/errors.ts';
import { job as jobSchema } from '../contract/worker-api.ts';
import { compute } from './computing.ts';
import { ControlReader } from './control.ts';

/** What the main thread hands over at the start of the thread. */
export const threadData = z.object({ job: jobSchema, control: z.instanceof(SharedArrayBuffer) });
export type ThreadData = z.infer<typeof threadData>;

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new UnsmoothError('INTERNAL', 'the computing thread was started as a program');
  const { job, control } = threadData.parse(workerData);
  try {
    const result = await compute(job, {
      emit: (message) => port.postMessage(message),
      control: new ControlReader(control),
    });
    port.postMessage({ type: 'result', result });
  } catch (e) {
    const error = UnsmoothError.from(e);
    if (error.code === 'INTERNAL' && e instanceof Error && e.stack)
      port.postMessage({ type: 'log', level: 'error', text: e.stack });
    port.postMessage({ type: 'error', error: error.toData() });
  }
}
void main();
