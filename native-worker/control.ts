// What the supervisor or a signal asked for, as flags in shared memory: the process's main thread writes them, the thread that
// computes looks at them between two steps. It does not know what a job does about them.
import type { Control } from './job-context.ts';

const ENDING = 0;
const PAUSED = 1;
const CHECKPOINTS = 2;
/** Counts every change of a flag; waiters sleep on it. */
const CHANGES = 3;
const FLAGS = 4;

const endings = ['no', 'stop', 'interrupt'] as const;

export const newControlMemory = (): SharedArrayBuffer => new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT);

/** The side that asks. */
export class ControlWriter {
  private readonly flags: Int32Array;
  constructor(memory: SharedArrayBuffer) {
    this.flags = new Int32Array(memory);
  }
  /** Once for all: the first way of ending that was asked for is kept. */
  end(how: 'stop' | 'interrupt'): void {
    Atomics.compareExchange(this.flags, ENDING, endings.indexOf('no'), endings.indexOf(how));
    this.changed();
  }
  pause(paused: boolean): void {
    Atomics.store(this.flags, PAUSED, paused ? 1 : 0);
    this.changed();
  }
  requestCheckpoint(): void {
    Atomics.add(this.flags, CHECKPOINTS, 1);
    this.changed();
  }
  private changed(): void {
    Atomics.add(this.flags, CHANGES, 1);
    Atomics.notify(this.flags, CHANGES);
  }
}

/** The side that looks; one per job. */
export class ControlReader implements Control {
  private readonly flags: Int32Array;
  private seen = 0;
  constructor(memory: SharedArrayBuffer) {
    this.flags = new Int32Array(memory);
  }
  get ending(): Control['ending'] {
    return endings[Atomics.load(this.flags, ENDING)] ?? 'no';
  }
  get paused(): boolean {
    return Atomics.load(this.flags, PAUSED) === 1;
  }
  takeCheckpointRequest(): boolean {
    if (Atomics.load(this.flags, CHECKPOINTS) <= 0) return false;
    Atomics.sub(this.flags, CHECKPOINTS, 1);
    return true;
  }
  /** Returns at once where a flag changed since the last wait, so that no change between a look and the wait is slept through. */
  wait(ms: number): void {
    Atomics.wait(this.flags, CHANGES, this.seen, ms);
    this.seen = Atomics.load(this.flags, CHANGES);
  }
}
