// Supervises one worker process from its birth to its end: validates both ways, watches the heartbeat, gives the order to stop its
// time. It does not know what a job is for, nor where its files lie.
import { UnsmoothError } from '../../contract/errors.ts';
import {
  type FromWorker,
  fromWorker,
  heartbeatMs,
  type Job,
  type JobResult,
  protocolVersion,
} from '../../contract/worker-api.ts';
import { type Exit, type Life, type LifeEvent, next } from './life.ts';
import { outOfMemoryKills } from './memory-hint.ts';
import { type SpawnOptions, spawnWorker, type WorkerProcess } from './spawn.ts';

export interface Limits {
  /** Longest time without a message, from the start on. */
  silenceMs: number;
  /** Longest time from the order to stop to the end: a compile cannot be interrupted. */
  stopMs: number;
  /** Longest time from the last message to the exit. */
  exitMs: number;
}
export const defaultLimits: Limits = { silenceMs: 10 * heartbeatMs, stopMs: 300_000, exitMs: 10_000 };

export interface Watcher {
  message?(message: FromWorker): void;
  life?(life: Life): void;
}

/** What whoever started a worker may tell it. */
export interface Orders {
  pause(): void;
  continue(): void;
  checkpoint(): void;
  /** The user ends it: a training saves a checkpoint and is stopped. */
  stop(): void;
  /** The program ends: a training saves a checkpoint and is interrupted. */
  interrupt(): void;
  kill(): void;
}

export interface Supervised extends Orders {
  readonly life: Life;
  readonly done: Promise<JobResult>;
  tail(): string;
}

/** Starts `job` in a process. `done` rejects with the worker's own error, or WORKER_DIED, WORKER_SILENT, WORKER_PROTOCOL. */
export function supervise(job: Job, options: SpawnOptions, watcher: Watcher = {}, limits = defaultLimits): Supervised {
  return new Supervisor(job, options, watcher, limits);
}

class Supervisor implements Supervised {
  life: Life = { state: 'idle' };
  readonly done: Promise<JobResult>;
  private resolve!: (result: JobResult) => void;
  private reject!: (error: UnsmoothError) => void;
  private readonly process: WorkerProcess;
  private readonly killsBefore = outOfMemoryKills();
  /** Ticks of the watch since the last message; ticks, since a sleeping machine or a busy supervisor is not a silent worker. */
  private missed = 0;
  private readonly watch: NodeJS.Timeout;
  private deadline: NodeJS.Timeout | undefined;

  private readonly job: Job;
  private readonly options: SpawnOptions;
  private readonly watcher: Watcher;
  private readonly limits: Limits;

  constructor(job: Job, options: SpawnOptions, watcher: Watcher, limits: Limits) {
    this.job = job;
    this.options = options;
    this.watcher = watcher;
    this.limits = limits;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => {}); // whoever waits for it hears of it; nobody has to
    this.process = spawnWorker(options, {
      message: (raw) => this.receive(raw),
      exit: (exit, error) => this.exited(exit, error),
    });
    const ticks = 10;
    this.watch = setInterval(() => {
      if (++this.missed > ticks) this.condemn(this.silent());
    }, limits.silenceMs / ticks);
    if (this.process.pid !== undefined) this.to({ type: 'spawned', pid: this.process.pid });
  }

  pause(): void {
    this.process.send({ type: 'pause' });
  }
  continue(): void {
    this.process.send({ type: 'continue' });
  }
  checkpoint(): void {
    this.process.send({ type: 'checkpoint' });
  }
  stop(): void {
    this.end(() => this.process.send({ type: 'stop' }));
  }
  interrupt(): void {
    this.end(() => this.process.kill('SIGTERM'));
  }
  kill(): void {
    this.process.kill('SIGKILL');
  }
  tail(): string {
    return this.process.tail();
  }

  private end(ask: () => void): void {
    const { state } = this.life;
    if (state === 'ending' || state === 'ended') return;
    ask();
    this.to({ type: 'stop' });
    const seconds = this.limits.stopMs / 1000;
    this.deadline = setTimeout(
      () =>
        this.condemn(
          new UnsmoothError('WORKER_SILENT', `the worker did not stop within ${seconds} s and was ended`, resumable),
        ),
      this.limits.stopMs,
    );
  }

  private to(event: LifeEvent): void {
    this.life = next(this.life, event);
    this.watcher.life?.(this.life);
  }

  private receive(raw: unknown): void {
    this.missed = 0;
    if (this.life.state === 'ended' || (this.life.state === 'ending' && this.life.why !== 'asked')) return;
    const parsed = fromWorker.safeParse(raw);
    const issue = parsed.error?.issues[0];
    if (parsed.success) this.heard(parsed.data);
    else this.condemn(protocolError(`${issue?.path.join('.') || 'message'}: ${issue?.message}`));
  }

  private heard(message: FromWorker): void {
    const { state } = this.life;
    if (message.type === 'ready') this.ready(message.protocol);
    else if (message.type === 'error')
      this.said({ kind: 'error', error: UnsmoothError.fromData(message.error) }, message);
    else if (message.type === 'heartbeat' || message.type === 'log') this.watcher.message?.(message);
    else if (state !== 'working' && state !== 'ending') this.condemn(protocolError(`${message.type} before a job`));
    else if (message.type === 'result') this.said({ kind: 'result', result: message.result }, message);
    else this.watcher.message?.(message);
  }

  private ready(protocol: number): void {
    if (this.life.state === 'ending') return; // told to stop before it could speak
    if (this.life.state !== 'spawned') this.condemn(protocolError('ready twice'));
    else if (protocol !== protocolVersion)
      this.condemn(protocolError(`version ${protocol}, expected ${protocolVersion}`));
    else {
      this.to({ type: 'ready' });
      this.process.send({ type: 'start', protocol: protocolVersion, job: this.job });
      this.to({ type: 'started' });
    }
  }

  private said(outcome: Extract<LifeEvent, { type: 'said' }>['outcome'], message: FromWorker): void {
    this.watcher.message?.(message);
    this.to({ type: 'said', outcome });
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.process.kill('SIGKILL'), this.limits.exitMs);
  }

  private condemn(error: UnsmoothError): void {
    const { state } = this.life;
    if (state === 'ended' || (state === 'ending' && this.life.why !== 'asked')) return;
    this.to({ type: 'condemned', error });
    this.process.kill('SIGKILL');
  }

  private exited(exit: Exit, error?: Error): void {
    clearInterval(this.watch);
    clearTimeout(this.deadline);
    this.to({ type: 'exited', exit, unsaid: this.died(exit, error) });
    if (this.life.state !== 'ended') return;
    const { outcome } = this.life;
    if (outcome.kind === 'result') this.resolve(outcome.result);
    else this.reject(outcome.error);
  }

  private died(exit: Exit, error?: Error): UnsmoothError {
    if (error)
      return new UnsmoothError(
        'WORKER_DIED',
        `the worker could not be started: ${error.message}`,
        'Run the set-up again.',
        [],
        {
          cause: error,
        },
      );
    const when = this.life.state === 'spawned' ? ' before it was ready' : '';
    const how = exit.signal ? `was killed by ${exit.signal}` : `ended with code ${exit.code}`;
    const starved = exit.signal === 'SIGKILL' && outOfMemoryKills() > this.killsBefore;
    const why = starved ? ': the system ran out of memory and ended it' : '';
    const wrote = this.tail().trim().split('\n').at(-1);
    const last = wrote ? `; its last words: ${wrote.slice(0, 300)}` : '';
    const hint = starved ? 'Use a smaller batch or model, or close other programs.' : this.where();
    return new UnsmoothError('WORKER_DIED', `the worker ${how}${when}${why}${last}`, hint);
  }

  private silent(): UnsmoothError {
    return new UnsmoothError(
      'WORKER_SILENT',
      `the worker gave no sign of life for ${this.limits.silenceMs / 1000} s and was ended`,
      this.where(),
    );
  }

  private where(): string {
    return this.options.log === null ? 'Try again.' : `${this.options.log} may tell why. ${resumable}`;
  }
}

const resumable = 'A run goes on from its last checkpoint with `unsmooth resume`.';

const protocolError = (what: string) =>
  new UnsmoothError(
    'WORKER_PROTOCOL',
    `the worker broke the protocol and was ended: ${what}`,
    'Program and worker must be of the same version: run the set-up again.',
  );
