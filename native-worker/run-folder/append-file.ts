// A file that only grows, by whole records: one that could not be written whole is taken back, so the caller may try again.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import { writeAll } from '../checkpoint/atomic-file.ts';

export class AppendFile {
  readonly #fd: number;
  #size: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'a+');
    this.#size = fstatSync(this.#fd).size;
  }

  /** Throws DISK_FULL or FILE_IO; the file is then as it was. */
  append(bytes: Uint8Array): void {
    try {
      writeAll(this.#fd, bytes);
      this.#size += bytes.length;
    } catch (e) {
      ftruncateSync(this.#fd, this.#size);
      throw UnsmoothError.from(e);
    }
  }

  /** Takes back the last `count` bytes appended. */
  takeBack(count: number): void {
    this.#size -= count;
    ftruncateSync(this.#fd, this.#size);
  }

  /** Closes a line that a kill tore, so that the next record begins on its own line. */
  endTornLine(): void {
    const last = new Uint8Array(1);
    if (this.#size > 0 && readSync(this.#fd, last, 0, 1, this.#size - 1) === 1 && last[0] !== 0x0a)
      this.append(Uint8Array.of(0x0a));
  }

  /** Throws DISK_FULL or FILE_IO. */
  sync(): void {
    try {
      fsyncSync(this.#fd);
    } catch (e) {
      throw UnsmoothError.from(e);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
