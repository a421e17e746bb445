// In which order a training goes through its images: a function of (seed, epoch) alone. Places are counted within a subset.
import { keyedRandom, permutation, streams } from '../../core/random.ts';
import type { Subset } from './subset.ts';

/** Blocks that are mixed with one another: a row group is read for one of these windows, and not again in the epoch. */
export const windowBlocks = 4;

export interface OrderOptions {
  readonly count: number;
  /** Where blocks begin, as places of the subset, ascending from 0; null: any order costs the same. */
  readonly blocks: Uint32Array | null;
  readonly order: 'shuffled' | 'sequential';
  readonly seed: number;
  /** Copies of an image that follow one another (timm's RepeatAugSampler on one replica): an epoch then has fewer images, not more. */
  readonly repeats: number;
}

/** The place of the i-th image of an epoch; i < count. Epochs are best asked for in order: the last one is kept. */
export function epochOrder(o: OrderOptions): (epoch: number, i: number) => number {
  const repeats = Math.max(1, o.repeats);
  let kept: { epoch: number; places: Uint32Array } | undefined;
  return (epoch, i) => {
    const at = Math.floor(i / repeats);
    if (o.order === 'sequential') return at;
    if (kept?.epoch !== epoch) kept = { epoch, places: shuffled(o, epoch) };
    return kept.places[at]!;
  };
}

function shuffled({ count, blocks, seed }: OrderOptions, epoch: number): Uint32Array {
  if (!blocks || blocks.length < 2) return permutation(count, keyedRandom(seed, streams.shuffle, epoch, 0));
  const places = new Uint32Array(count);
  const order = permutation(blocks.length, keyedRandom(seed, streams.shuffle, epoch, 0));
  let done = 0;
  for (let first = 0; first < order.length; first += windowBlocks) {
    const window: number[] = [];
    for (const block of order.subarray(first, first + windowBlocks))
      for (let p = blocks[block]!; p < (blocks[block + 1] ?? count); p++) window.push(p);
    const within = permutation(window.length, keyedRandom(seed, streams.shuffle, epoch, 1 + first / windowBlocks));
    for (const i of within) places[done++] = window[i]!;
  }
  return places;
}

/** Blocks of a subset as places of it: those of its split without the ones it has nothing of. Shared between threads. */
export function blocksOf({ split, count, samples }: Subset): Uint32Array | null {
  if (!split.blocks) return null;
  const starts: number[] = [];
  let block = -1;
  for (let place = 0; place < count; place++) {
    const sample = samples ? samples[place]! : place;
    let of = block;
    while (of + 1 < split.blocks.length && split.blocks[of + 1]! <= sample) of++;
    if (of !== block) starts.push(place);
    block = of;
  }
  const out = new Uint32Array(new SharedArrayBuffer(4 * starts.length));
  out.set(starts);
  return out;
}

/** The block a place lies in. */
export function blockAt(blocks: Uint32Array, place: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
