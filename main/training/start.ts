// Starts a job the way both heads do: on its engine, when its device is free, with its output where it belongs.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import type { EngineSelection, Job, JobResult } from '../../contract/worker-api.ts';
import { workerEnvironment } from '../engines/environment.ts';
import { workerNode } from '../engines/machine.ts';
import { programFolder } from '../files/program.ts';
import { dropUnbegun } from '../runs/paths.ts';
import { recordEnd } from './ended.ts';
import type { Life } from './life.ts';
import type { DeviceQueue } from './queue.ts';
import { defaultLimits, type Limits, type Orders, type Supervised, supervise, type Watcher } from './supervise.ts';

export interface StartOptions extends Watcher {
  queue: DeviceQueue;
  /** Somebody is ahead on the device: the pid of another program, or null for a job of this one. */
  queued?(pid: number | null): void;
  limits?: Limits;
  /** The worker's program; the bundle beside this one by default. */
  script?: string;
  node?: string;
}

/** A job under way. `done` rejects with an UnsmoothError. */
export interface JobHandle extends Orders {
  readonly job: Job;
  readonly life: Life;
  readonly done: Promise<JobResult>;
}

const workerScript = () => path.join(programFolder(), 'worker.cjs');

export function startWorker(job: Job, options: StartOptions): JobHandle {
  const cancel = new AbortController();
  let worker: Supervised | undefined;
  const idle: Life = { state: 'idle' };

  const work = async (workedBy: (pid: number) => void): Promise<JobResult> => {
    const dir = 'dir' in job ? job.dir : null;
    if (dir) mkdirSync(dir, { recursive: true });
    const started = supervise(
      job,
      {
        node: options.node ?? workerNode().path,
        script: options.script ?? workerScript(),
        env: { ...process.env, ...('engine' in job ? workerEnvironment(job.engine) : {}) },
        log: dir && path.join(dir, 'log.txt'),
      },
      options,
      options.limits ?? defaultLimits,
    );
    worker = started;
    if (started.life.state === 'spawned') workedBy(started.life.pid);
    try {
      return await started.done;
    } catch (e) {
      const error = UnsmoothError.from(e);
      if (dir && started.life.state === 'ended') recordEnd(dir, error, started.life.exit);
      throw error;
    }
  };

  const begun =
    'engine' in job
      ? options.queue.run(deviceOf(job.engine), (turn) => work(turn.workedBy), {
          queued: options.queued,
          signal: cancel.signal,
        })
      : work(() => {});
  const done = begun.catch((e: unknown) => {
    if (job.type === 'train') dropUnbegun(job.dir);
    throw e;
  });
  done.catch(() => {}); // whoever waits for it hears of it; nobody has to
  const end = (how: (w: Supervised) => void) => {
    cancel.abort();
    if (worker) how(worker);
  };
  return {
    job,
    get life() {
      return worker?.life ?? idle;
    },
    done,
    pause: () => worker?.pause(),
    continue: () => worker?.continue(),
    checkpoint: () => worker?.checkpoint(),
    stop: () => end((w) => w.stop()),
    interrupt: () => end((w) => w.interrupt()),
    kill: () => end((w) => w.kill()),
  };
}

/** CPU and wasm compute on the same cores. */
const deviceOf = (engine: EngineSelection): string =>
  engine.name === 'cuda' || engine.name === 'webgpu' ? 'gpu' : 'cpu';
