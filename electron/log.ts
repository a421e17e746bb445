// <library>/logs/window.txt: what went wrong in the window and in the process behind it. Kept below two megabytes.
import fs from 'node:fs';
import path from 'node:path';

const mostBytes = 1_000_000;

export interface WindowLog {
  readonly folder: string;
  write(what: string, e?: unknown): void;
  /** The last `bytes` of it. */
  tail(bytes: number): string;
}

const textOf = (e: unknown): string => (e instanceof Error ? (e.stack ?? e.message) : e === undefined ? '' : String(e));

/** Never throws: what cannot be written to the file goes to stderr alone. */
export function windowLog(library: string): WindowLog {
  const folder = path.join(library, 'logs');
  const file = path.join(folder, 'window.txt');
  return {
    folder,
    write(what, e) {
      const line = `${new Date().toISOString()} ${[what, textOf(e)].filter(Boolean).join(': ')}\n`;
      try {
        fs.mkdirSync(folder, { recursive: true });
        const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
        if (size + line.length > mostBytes) fs.renameSync(file, path.join(folder, 'window.1.txt'));
        fs.appendFileSync(file, line);
      } catch (unwritable) {
        process.stderr.write(`unsmooth: ${file}: ${textOf(unwritable).split('\n')[0]}\n`);
      }
      if (e !== undefined) process.stderr.write(`unsmooth: ${line}`);
    },
    tail(bytes) {
      try {
        return fs.readFileSync(file).subarray(-bytes).toString('utf8');
      } catch {
        return '';
      }
    },
  };
}
