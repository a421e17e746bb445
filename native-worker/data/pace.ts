// Long work over many files: tells how far it is, lets messages in, ends when asked. Knows nothing of what the work is.
import { setImmediate } from 'node:timers/promises';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Opening } from './open.ts';

const everyMs = 50;

export class Pace {
  /** The first look is due at once: short work can be stopped as well. */
  private last = Number.NEGATIVE_INFINITY;
  private readonly opening: Opening | undefined;
  constructor(opening: Opening | undefined) {
    this.opening = opening;
  }
  /** True when it is time to `rest`: cheap enough for every file. */
  due(): boolean {
    return performance.now() - this.last > everyMs;
  }
  /** Throws STOPPED when the work was cancelled. */
  async rest(done: number, total: number | null, note: string): Promise<void> {
    this.opening?.progress(done, total, note);
    await setImmediate();
    if (this.opening?.cancelled()) throw new UnsmoothError('STOPPED', `stopped while ${note}`);
    this.last = performance.now();
  }
}
