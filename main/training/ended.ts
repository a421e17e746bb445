// ended.json in a run folder: how an attempt ended whose worker could not say so itself. run.json stays the worker's.
import path from 'node:path';
import type { UnsmoothError } from '../../contract/errors.ts';
import { type Ended, endedFormat, ownerFormat, runFormat } from '../../contract/saved/run.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import type { Exit } from './life.ts';

const supervisorsOwn = ['WORKER_DIED', 'WORKER_SILENT', 'WORKER_PROTOCOL'];

/** Writes ended.json where the supervisor, not the worker, knows how it ended. */
export function recordEnd(dir: string, error: UnsmoothError, exit: Exit): void {
  if (!supervisorsOwn.includes(error.code)) return;
  const ended: Ended = {
    version: 1,
    attempt: attempt(dir),
    reason: error.message,
    signal: exit.signal,
    exit_code: exit.code,
    at: new Date().toISOString(),
  };
  writeJsonFile(path.join(dir, 'ended.json'), ended);
}

export const readEnded = (dir: string): Ended | undefined => readJsonFile(endedFormat, path.join(dir, 'ended.json'));

/** The attempt that was under way; 1 where the worker ended before it wrote anything. */
function attempt(dir: string): number {
  try {
    const owner = readJsonFile(ownerFormat, path.join(dir, 'owner.json'));
    return owner?.attempt ?? readJsonFile(runFormat, path.join(dir, 'run.json'))?.attempts ?? 1;
  } catch {
    return 1; // a damaged folder must not hide how its worker ended
  }
}
