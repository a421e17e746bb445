// Batches in shared memory, a few ahead of the one that is used: who wants one publishes what it is to hold, threads claim its images
// one by one and fill them in, and the last of them says that it is whole. Knows no files and no images.

/** Flags and counters all rings of a feeder share. */
export const control = { wake: 0, ready: 1, closed: 2, fields: 3 } as const;

/** Of a ring: the place of the batch that is wanted next; then the fields of each place. */
const HEAD = 0;
const fields = { left: 0, done: 1, step: 2, valid: 3, round: 4, count: 5 } as const;

export interface RingMemory {
  readonly depth: number;
  readonly batch: number;
  /** Floats of one image. */
  readonly size: number;
  /** Int32: HEAD, then `fields` of each place. */
  readonly header: Int32Array;
  /** [depth * batch]: place in the subset of each image. */
  readonly places: Uint32Array;
  /** [depth * batch]: which thread makes each image, where that is fixed. */
  readonly owners: Uint16Array;
  /** [depth * batch]: sample number each image was made of. */
  readonly samples: Uint32Array;
  /** [depth * batch * size]. */
  readonly images: Float32Array;
}

export function ringMemory(depth: number, batch: number, size: number): RingMemory {
  const memory = (values: number) => new SharedArrayBuffer(4 * values);
  return {
    depth,
    batch,
    size,
    header: new Int32Array(memory(1 + depth * fields.count)),
    places: new Uint32Array(memory(depth * batch)),
    owners: new Uint16Array(memory(depth * batch), 0, depth * batch),
    samples: new Uint32Array(memory(depth * batch)),
    images: new Float32Array(memory(depth * batch * size)),
  };
}

/** One image to be made. */
export interface Claim {
  readonly slot: number;
  readonly position: number;
  readonly step: number;
  readonly place: number;
}

/** A ring as both sides see it. */
export class Ring {
  readonly memory: RingMemory;
  readonly #control: Int32Array;
  constructor(memory: RingMemory, shared: Int32Array) {
    this.memory = memory;
    this.#control = shared;
  }

  #field(slot: number, name: Exclude<keyof typeof fields, 'count'>): number {
    return 1 + slot * fields.count + fields[name];
  }

  /** Opens place `slot` for the batch of `step`: the first `valid` of `places` are to be made. Whoever was to use it has let go. */
  publish(slot: number, step: number, valid: number): void {
    const { header } = this.memory;
    Atomics.store(header, this.#field(slot, 'step'), step);
    Atomics.store(header, this.#field(slot, 'valid'), valid);
    Atomics.store(header, this.#field(slot, 'done'), 0);
    Atomics.add(header, this.#field(slot, 'round'), 1);
    Atomics.store(header, this.#field(slot, 'left'), valid); // the last: from now on images can be claimed
    Atomics.add(this.#control, control.wake, 1);
    Atomics.notify(this.#control, control.wake);
  }

  set head(slot: number) {
    Atomics.store(this.memory.header, HEAD, slot);
  }

  /** True when every image of the place is there; with `shares`, when each of so many threads has had its share too. */
  isWhole(slot: number, shares: number): boolean {
    const { header } = this.memory;
    return (
      Atomics.load(header, this.#field(slot, 'done')) === Atomics.load(header, this.#field(slot, 'valid')) + shares
    );
  }

  /** Places, that of the batch that is wanted next first. */
  slots(): number[] {
    const { header, depth } = this.memory;
    const head = Atomics.load(header, HEAD);
    return Array.from({ length: depth }, (_, d) => (head + d) % depth);
  }

  /** The next image of the earliest batch that is not all claimed. */
  claim(): Claim | null {
    const { header } = this.memory;
    for (const slot of this.slots()) {
      const left = this.#field(slot, 'left');
      if (Atomics.load(header, left) <= 0) continue;
      const before = Atomics.sub(header, left, 1);
      if (before > 0) return this.#claimed(slot, Atomics.load(header, this.#field(slot, 'valid')) - before);
    }
    return null;
  }

  #claimed(slot: number, position: number): Claim {
    const { header, places, batch } = this.memory;
    const step = Atomics.load(header, this.#field(slot, 'step'));
    return { slot, position, step, place: places[slot * batch + position]! };
  }

  /** How often the place was published; with `shares`, a thread looks at it once a round. */
  round(slot: number): number {
    return Atomics.load(this.memory.header, this.#field(slot, 'round'));
  }

  /** Of a published place whose shares are not all had: the images of a thread. */
  share(slot: number, thread: number): Claim[] {
    const { header, batch, owners } = this.memory;
    const mine: Claim[] = [];
    for (let position = 0; position < Atomics.load(header, this.#field(slot, 'valid')); position++)
      if (owners[slot * batch + position] === thread) mine.push(this.#claimed(slot, position));
    return mine;
  }

  /** `count` more images (or shares) of the place are there. */
  finish(slot: number, count: number, shares: number): void {
    Atomics.add(this.memory.header, this.#field(slot, 'done'), count);
    if (!this.isWhole(slot, shares)) return;
    Atomics.add(this.#control, control.ready, 1);
    Atomics.notify(this.#control, control.ready);
  }
}
