// What a loader thread does: looks for images to be made in the rings of all streams, makes them, sleeps when there are none.
// The loop is apart from the thread that runs it, so that a test can run it where it likes.
import { type ErrorData, UnsmoothError } from '../../contract/errors.ts';
import { type Broken, type ImageMaker, type ImageOptions, imageMaker } from './loader-image.ts';
import { type Claim, control, Ring, type RingMemory } from './ring.ts';

/** A stream as a thread is given it. */
export interface StreamData {
  readonly ring: RingMemory;
  readonly images: ImageOptions;
  /** Each image is made by the thread that the ring names; false: by whichever is free. */
  readonly owned: boolean;
}

/** What a thread of the feeder is made with. */
export interface LoaderData {
  readonly control: Int32Array;
  readonly streams: readonly StreamData[];
  /** Which of how many it is. */
  readonly thread: number;
  readonly threads: number;
}

/** What a thread says, about the image at `position` of the batch of `step`. */
export type Said = { readonly stream: number; readonly step: number; readonly position: number } & (
  | { readonly type: 'broken'; readonly image: Broken }
  | { readonly type: 'failed'; readonly error: ErrorData }
);

/** Works until the feeder is closed. */
export async function loaderWork(data: LoaderData, say: (message: Said) => void): Promise<void> {
  const streams = data.streams.map((stream, i) => new StreamWork(stream, i, data, say));
  try {
    for (;;) {
      const seen = Atomics.load(data.control, control.wake);
      if (Atomics.load(data.control, control.closed) === 1) return;
      let worked = false;
      for (const stream of streams) worked = (await stream.work()) || worked;
      if (!worked) Atomics.wait(data.control, control.wake, seen);
    }
  } finally {
    for (const stream of streams) await stream.close();
  }
}

class StreamWork {
  readonly #stream: StreamData;
  readonly #index: number;
  readonly #data: LoaderData;
  readonly #ring: Ring;
  readonly #say: (message: Said) => void;
  readonly #rounds: number[];
  #maker: ImageMaker | undefined;
  #at: Claim | undefined;

  constructor(stream: StreamData, index: number, data: LoaderData, say: (message: Said) => void) {
    this.#stream = stream;
    this.#index = index;
    this.#data = data;
    this.#say = say;
    this.#ring = new Ring(stream.ring, data.control);
    this.#rounds = Array.from({ length: stream.ring.depth }, () => 0);
  }

  /** False where there was nothing to do. */
  async work(): Promise<boolean> {
    if (this.#stream.owned) return this.#shares();
    const claim = this.#ring.claim();
    if (!claim) return false;
    await this.#make(claim);
    this.#ring.finish(claim.slot, 1, 0);
    return true;
  }

  async #shares(): Promise<boolean> {
    const { thread, threads } = this.#data;
    let worked = false;
    for (const slot of this.#ring.slots()) {
      const round = this.#ring.round(slot);
      if (round === this.#rounds[slot]) continue;
      const mine = this.#ring.share(slot, thread);
      for (const claim of mine) await this.#make(claim);
      this.#rounds[slot] = round;
      this.#ring.finish(slot, mine.length + 1, threads);
      worked = true;
    }
    return worked;
  }

  async #make(claim: Claim): Promise<void> {
    const { ring, images } = this.#stream;
    this.#at = claim;
    const at = claim.slot * ring.batch + claim.position;
    try {
      this.#maker ??= imageMaker(images, (image) => this.#tell({ type: 'broken', image }));
      ring.samples[at] = await this.#maker.make(claim.place, claim.step, claim.position, ring.images, at * ring.size);
    } catch (e) {
      this.#tell({ type: 'failed', error: UnsmoothError.from(e).toData() });
    }
  }

  #tell(what: { type: 'broken'; image: Broken } | { type: 'failed'; error: ErrorData }): void {
    const { step = 0, position = 0 } = this.#at ?? {};
    this.#say({ ...what, stream: this.#index, step, position });
  }

  async close(): Promise<void> {
    await this.#maker?.close();
  }
}
