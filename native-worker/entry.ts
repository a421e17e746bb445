// The main thread of a worker process: messages, heartbeat, signals, the loss of the parent. It runs one job: a computing one in
// a thread of its own, so that the process answers while a step or a compile runs; a quick one here, without loading the engine.
import { Worker } from 'node:worker_threads';
import { UnsmoothError } from '../contract/errors.ts';
import { type FromWorker, heartbeatMs, type Job, type JobResult, protocolVersion } from '../contract/worker-api.ts';
import { type Channel, openChannel } from './channel.ts';
import { ControlReader, ControlWriter, newControlMemory } from './control.ts';
import type { ThreadData } from './thread.ts';

const memory = newControlMemory();
const control = new ControlWriter(memory);
let started: Job | undefined;
let finishing = false;

const channel = openChannel({
  message(message) {
    switch (message.type) {
      case 'start':
        if (started) return void fail(new UnsmoothError('WORKER_PROTOCOL', 'a second start message arrived'), 2);
        started = message.job;
        return begin(message.job);
      case 'pause':
        return control.pause(true);
      case 'continue':
        return control.pause(false);
      case 'checkpoint':
        return control.requestCheckpoint();
      case 'stop':
        return end('stop');
      default:
        return message satisfies never;
    }
  },
  refused: (error) => void fail(error, 2),
  lost: () => end('interrupt'),
});

/** A training saves what it has, and what is being written is taken away: these end by themselves. Any other job has nothing to do. */
const endByThemselves: readonly Job['type'][] = ['train', 'resume', 'convert', 'export', 'bench-data'];

function end(how: 'stop' | 'interrupt'): void {
  control.end(how);
  if (started && endByThemselves.includes(started.type)) return;
  void fail(new UnsmoothError('STOPPED', 'stopped before it was done'), 130);
}

/** Ends the process with `code` once everything said has left it. */
async function finish(code: number): Promise<void> {
  if (finishing) return;
  finishing = true;
  await channel?.flushed();
  process.exit(code);
}

async function fail(error: UnsmoothError, code = error.code === 'STOPPED' ? 130 : 1): Promise<void> {
  say({ type: 'error', error: error.toData() });
  await finish(code);
}

/** Sends; a message of ours that breaks the contract is a failure, said as one. */
function say(message: FromWorker): void {
  if (finishing) return;
  try {
    channel?.send(message);
  } catch (e) {
    void fail(UnsmoothError.from(e));
  }
}

/** A message of the job: passed on; the last one ends the process. */
function pass(message: FromWorker): void {
  say(message);
  if (message.type === 'result') void finish(exitCode(message.result));
  if (message.type === 'error') void finish(message.error.code === 'STOPPED' ? 130 : 1);
}

function exitCode(result: JobResult): number {
  if (result.type !== 'train') return 0;
  const { status } = result.run;
  return status === 'stopped' || status === 'interrupted' ? 130 : status === 'done' ? 0 : 1;
}

type QuickJob = Extract<Job, { type: 'inspect' | 'dataset' | 'thumbnails' }>;
const isQuick = (job: Job): job is QuickJob => ['inspect', 'dataset', 'thumbnails'].includes(job.type);

function begin(job: Job): void {
  if (isQuick(job)) return void answer(job);
  const data: ThreadData = { job, control: memory };
  const thread = new Worker(new URL('./worker-thread.cjs', import.meta.url), { workerData: data });
  thread.on('message', pass);
  thread.on('error', (e) => {
    if (e instanceof Error) console.error(e.stack);
    void fail(UnsmoothError.from(e));
  });
  thread.on('exit', (code) => {
    void fail(
      new UnsmoothError('WORKER_DIED', `the computing thread ended without a result (code ${code})`, 'See the log.'),
    );
  });
}

/** A quick job, in this thread. */
async function answer(job: QuickJob): Promise<void> {
  try {
    const { quick } = await import('./quick.ts');
    pass({ type: 'result', result: await quick(job, { emit: say, control: new ControlReader(memory) }) });
  } catch (e) {
    const error = UnsmoothError.from(e);
    if (error.code === 'INTERNAL' && e instanceof Error) console.error(e.stack);
    await fail(error);
  }
}

function listen(open: Channel): void {
  let interrupts = 0;
  process.on('SIGINT', () => {
    if (++interrupts > 1) process.exit(130);
    end('interrupt');
  });
  process.on('SIGTERM', () => end('interrupt'));
  process.on('SIGHUP', () => end('interrupt'));
  process.on('uncaughtException', (e) => {
    console.error(e.stack);
    void fail(UnsmoothError.from(e));
  });
  open.send({ type: 'ready', protocol: protocolVersion, pid: process.pid });
  setInterval(() => say({ type: 'heartbeat', at: Date.now() }), heartbeatMs);
}

if (channel) listen(channel);
else {
  console.error('unsmooth worker: started by hand; it is started by `unsmooth` and speaks over its IPC channel.');
  process.exitCode = 2;
}
