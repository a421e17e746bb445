// In which order a training goes through its images: a function of (seed, epoch) alone. Places are counted within a subset.
import { keyedRandom, permutation, streams } from '../../core/random.ts';
import type { Subset } from './subset.ts';

/** Runs of places that are read together. */
export interface Blocks {
  /** Where they begin, as places of the subset, ascending from 0. Shared between threads. */
  readonly starts: Uint32Array;
  /** Blocks that are shuffled with one another: one is read for its window, and not again in the epoch. */
  readonly window: number;
}

/** What the blocks of a window may take in memory, over all threads; two are mixed whatever they take. */
const mostWindowBytes = 512 << 20;

export interface OrderOptions {
  readonly count: number;
  /** null: any order costs the same. */
  readonly blocks: Blocks | null;
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
  if (!blocks || blocks.starts.length < 2) return permutation(count, keyedRandom(seed, streams.shuffle, epoch, 0));
  const places = new Uint32Array(count);
  const { starts, window } = blocks;
  const order = permutation(starts.length, keyedRandom(seed, streams.shuffle, epoch, 0));
  let done = 0;
  for (let first = 0; first < order.length; first += window) {
    const mixed: number[] = [];
    for (const block of order.subarray(first, first + window))
      for (let p = starts[block]!; p < (starts[block + 1] ?? count); p++) mixed.push(p);
    const within = permutation(mixed.length, keyedRandom(seed, streams.shuffle, epoch, 1 + first / window));
    for (const i of within) places[done++] = mixed[i]!;
  }
  return places;
}

/** Blocks of a subset as places of it: those of its split without the ones it has nothing of. */
export function blocksOf({ split, count, samples }: Subset): Blocks | null {
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
  const shared = new Uint32Array(new SharedArrayBuffer(4 * starts.length));
  shared.set(starts);
  const bytes = split.blockBytes ?? mostWindowBytes;
  return { starts: shared, window: Math.max(2, Math.floor(mostWindowBytes / bytes)) };
}

/** The block a place lies in. */
function blockAt({ starts }: Blocks, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Which thread makes the images of a block: each thread gets as many blocks of a window as every other, and keeps them while the
 * window lasts. Places are to be asked for in the order of the batches.
 */
export class BlockOwners {
  readonly #blocks: Blocks;
  readonly #threads: number;
  /** Thread by block, the least recently asked for first. */
  readonly #owners = new Map<number, number>();
  #next = 0;

  constructor(blocks: Blocks, threads: number) {
    this.#blocks = blocks;
    this.#threads = threads;
  }

  ownerOf(place: number): number {
    const block = blockAt(this.#blocks, place);
    const owner = this.#owners.get(block) ?? this.#next++ % this.#threads;
    this.#owners.delete(block);
    this.#owners.set(block, owner);
    if (this.#owners.size > this.#blocks.window) this.#owners.delete(this.#owners.keys().next().value ?? block);
    return owner;
  }
}
