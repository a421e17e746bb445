// log.txt: lines with their time. Others may append to the same file (a worker's stderr), so nothing is ever taken back from it.
import { closeSync, openSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import { writeAll } from '../checkpoint/atomic-file.ts';

/** Lines that wait for room on a full disk; older ones are dropped first. */
const waitingLimit = 1000;

export class LogFile {
  readonly #fd: number;
  #waiting: string[] = [];

  constructor(path: string) {
    this.#fd = openSync(path, 'a');
  }

  /** Never throws for a full disk: the line is written with the next that finds room. */
  write(text: string): void {
    this.#waiting.push(`${new Date().toISOString()} ${text}\n`);
    if (this.#waiting.length > waitingLimit) this.#waiting.shift();
    try {
      writeAll(this.#fd, Buffer.from(this.#waiting.join('')));
      this.#waiting = [];
    } catch (e) {
      const error = UnsmoothError.from(e);
      if (error.code !== 'DISK_FULL') throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
