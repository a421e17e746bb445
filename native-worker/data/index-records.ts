// Reads records of an index file by place, with a few pages of it in memory. Knows nothing of what the records mean.
import { closeSync, openSync, readSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import { sumAt, sumBytes } from './index-format.ts';

const pageBytes = 4096;
const mostPages = 64;

export class IndexRecords {
  private readonly file: string;
  private fd: number;
  private readonly pages = new Map<number, Buffer>();

  /** Throws DATASET_INVALID where `file` is not the index whose header has that sha256 any more. */
  constructor(file: string, sum: string) {
    this.file = file;
    this.fd = openSync(file, 'r');
    if (this.bytes(sumAt, sumBytes).toString('hex') === sum) return;
    this.close();
    throw this.damaged('was made anew while this run was reading it');
  }
  /** A copy of `length` bytes from `at`. */
  bytes(at: number, length: number): Buffer {
    const out = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const page = Math.floor((at + done) / pageBytes);
      const found = this.page(page).subarray(at + done - page * pageBytes);
      if (found.length === 0) throw this.damaged(`ends before byte ${at + length}`);
      done += found.copy(out, done, 0, Math.min(found.length, length - done));
    }
    return out;
  }
  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
  private page(page: number): Buffer {
    const kept = this.pages.get(page);
    if (kept) {
      this.pages.delete(page);
      this.pages.set(page, kept);
      return kept;
    }
    const bytes = Buffer.allocUnsafe(pageBytes);
    const read = bytes.subarray(0, readSync(this.fd, bytes, 0, pageBytes, page * pageBytes));
    this.pages.set(page, read);
    const oldest = this.pages.size > mostPages ? this.pages.keys().next().value : undefined;
    if (oldest !== undefined) this.pages.delete(oldest);
    return read;
  }
  private damaged(how: string): UnsmoothError {
    const message = `${this.file}: the index ${how}`;
    return new UnsmoothError('DATASET_INVALID', message, 'Start again: it is made anew when it is needed.');
  }
}
