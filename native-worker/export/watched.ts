// Pieces on their way to a file: tells how far it is, and ends when asked. Throws STOPPED; whoever writes leaves nothing then.
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobContext } from '../job-context.ts';

const everyMs = 100;
const megabyte = 1e6;

/** `total`: bytes in all. The result passes pieces on. */
export function watcher(context: JobContext, total: number, note: string) {
  let done = 0;
  let said = Number.NEGATIVE_INFINITY;
  return function* watched(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      if (context.control.ending !== 'no') throw new UnsmoothError('STOPPED', `stopped while ${note}`);
      yield piece;
      done += piece.length;
      if (performance.now() - said < everyMs && done < total) continue;
      said = performance.now();
      context.emit({
        type: 'progress',
        done: Math.round(done / megabyte),
        total: Math.round(total / megabyte),
        unit: 'MB',
        note,
      });
    }
  };
}
