// Which probe of a run is looked at: one that was chosen, or the last as it comes. Pure.
import { nearestIndex } from '../../../core/series.ts';

/** null: the last one, followed live. */
export type Scrubbed = number | null;

/** Index of the probe that is shown; -1 while there is none. */
export const probeAt = (steps: ArrayLike<number>, scrubbed: Scrubbed): number =>
  scrubbed === null ? steps.length - 1 : nearestIndex(steps, scrubbed);

/** What choosing the i-th probe means: the last of a run that trains is followed. */
export function scrubTo(steps: ArrayLike<number>, i: number, live: boolean): Scrubbed {
  const at = Math.min(Math.max(Math.round(i), 0), steps.length - 1);
  if (at < 0 || (live && at === steps.length - 1)) return null;
  return steps[at] ?? null;
}
