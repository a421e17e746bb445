// Which samples of a split are used: a limit, or the part of every class that is held out or not. A subset is a list of sample
// numbers in shared memory, ascending; null stands for all of them.
import { UnsmoothError } from '../../contract/errors.ts';
import { keyedRandom, permutation, streams } from '../../core/random.ts';
import type { Split } from './dataset.ts';

/** Samples of a split that are used, in order. */
export interface Subset {
  readonly split: Split;
  readonly count: number;
  /** [count] sample numbers, ascending, shared between threads; null: 0 … count-1. */
  readonly samples: Uint32Array | null;
}

export const allOf = (split: Split): Subset => ({ split, count: split.count, samples: null });

/** The first `limit` of a subset, or evenly spaced ones where the split lies sorted by class. */
export function limited(subset: Subset, limit: number | null): Subset {
  const { split, count, samples } = subset;
  if (limit === null || limit >= count) return subset;
  if (!split.byClass && !samples) return { split, count: limit, samples: null };
  const at = (i: number) => (split.byClass ? Math.floor((i * count) / limit) : i);
  return { split, count: limit, samples: shared(limit, (i) => (samples ? samples[at(i)]! : at(i))) };
}

/**
 * Divides a split: of every class, and of the images without a label, the share is held out, drawn by the seed, rounded, and never
 * all of it. The two parts have nothing in common and together are the split.
 */
export function heldOut(split: Split, share: number, seed: number): { kept: Subset; held: Subset } {
  const isHeld = new Uint8Array(split.count);
  for (const [label, samples] of byLabel(split)) {
    const order = permutation(samples.length, keyedRandom(seed, streams.holdOut, label, 0));
    const wanted = Math.min(samples.length - 1, Math.round(samples.length * share));
    for (let i = 0; i < wanted; i++) isHeld[samples[order[i]!]!] = 1;
  }
  const part = (held: 0 | 1): Subset => {
    const count = isHeld.reduce((n, is) => n + Number(is === held), 0);
    let next = 0;
    const samples = shared(count, () => {
      while (isHeld[next] !== held) next++;
      return next++;
    });
    return { split, count, samples };
  };
  return { kept: part(0), held: part(1) };
}

function byLabel({ labels }: Split): Map<number, number[]> {
  const classes = new Map<number, number[]>();
  labels.forEach((label, i) => {
    const list = classes.get(label);
    if (list) list.push(i);
    else classes.set(label, [i]);
  });
  return classes;
}

function shared(count: number, at: (i: number) => number): Uint32Array {
  const out = new Uint32Array(new SharedArrayBuffer(4 * count));
  for (let i = 0; i < count; i++) out[i] = at(i);
  return out;
}

/** Throws DATASET_INVALID where a subset that needs labels has images without one: which split, and how many. */
export function assertLabelled({ split, count, samples }: Subset, what: string): void {
  let without = 0;
  for (let i = 0; i < count; i++) without += Number(split.labels[samples ? samples[i]! : i]! < 0);
  if (without > 0)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${without} of the ${count} images of split ${split.name} have no label: ${what} needs one for each`,
      'Choose another split, or remove them.',
    );
}
