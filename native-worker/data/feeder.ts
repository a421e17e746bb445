// Streams of batches from loader threads, or, with none, made where they are wanted. The thread that computes may be inside the engine
// for long and answers no message meanwhile: batches lie in shared memory, and it sleeps on a counter when it is the one that waits.
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Broken, type ImageMaker, type ImageOptions, imageMaker } from './loader-image.ts';
import type { LoaderData, Said } from './loader-work.ts';
import { BlockOwners, type Blocks } from './order.ts';
import { control, Ring, type RingMemory, ringMemory } from './ring.ts';

/** A stream: batch k of 0 … batches-1 is a function of k. */
export interface Stream {
  readonly images: ImageOptions;
  readonly batch: number;
  readonly batches: number;
  /** Images of a block are made by one thread, so that no two read the same one; null: by whichever is free. */
  readonly blocks: Blocks | null;
  /** Labels by sample number. */
  readonly labels: Int32Array;
  /** Writes which places batch k has, in order; returns how many, at most `batch`. */
  plan(k: number, places: Uint32Array): number;
}

/** Arrays are those of the ring: they hold, and may be written to, until the next call. */
export interface FedBatch {
  /** Normalised (batch, imgSize, imgSize, channels); zeros after the valid ones. */
  readonly images: Float32Array;
  /** (batch); zeros after the valid ones, and for images without a label. */
  readonly labels: Int32Array;
  /** (batch), sample numbers; of the valid ones. */
  readonly samples: Uint32Array;
  readonly valid: number;
}

/** Batches of one stream. Asked for in order they are made ahead; any other order works, and starts anew. */
export interface Feed {
  readonly batches: number;
  /** Throws DATASET_INVALID naming a broken image of the batch, WORKER_DIED where a loader thread is gone. */
  take(k: number): Promise<FedBatch>;
}

export interface Feeder {
  readonly feeds: readonly Feed[];
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Batches ahead: at most four, at most so many bytes, at least two. */
const mostBytesAhead = 256 << 20;
const largestThreadCount = 16;
/** How long the computing thread sleeps before it looks whether a loader thread has died. */
const lookMs = 200;
/** How long a thread may take to end. */
const endMs = 5000;

export const threadsFor = (workers: number | 'auto'): number =>
  workers === 'auto' ? Math.min(availableParallelism(), largestThreadCount) : workers;

/** `broken` is told of every broken image of a batch that is taken, once an image and stream. */
export function openFeeder(streams: readonly Stream[], threads: number, broken: (image: Broken) => void): Feeder {
  const once = streams.map(() => {
    const told = new Set<number>();
    return (image: Broken) => {
      if (told.has(image.sample)) return;
      told.add(image.sample);
      broken(image);
    };
  });
  if (threads > 0) return threadedFeeder(streams, threads, once);
  const feeds = streams.map((stream, i) => new OwnFeed(stream, once[i]!));
  return { feeds, close: async () => void (await Promise.all(feeds.map((feed) => feed.close()))) };
}

const sizeOf = ({ imgSize, channels }: ImageOptions): number => imgSize * imgSize * channels;

function labelsOf({ labels }: Stream, samples: Uint32Array, valid: number, out: Int32Array): void {
  for (let b = 0; b < valid; b++) out[b] = Math.max(0, labels[samples[b]!]!);
  out.fill(0, valid);
}

/** Made in this thread when they are wanted. */
class OwnFeed implements Feed {
  readonly batches: number;
  readonly #stream: Stream;
  readonly #broken: (image: Broken) => void;
  readonly #images: Float32Array;
  readonly #labels: Int32Array;
  readonly #places: Uint32Array;
  readonly #samples: Uint32Array;
  #maker: ImageMaker | undefined;

  constructor(stream: Stream, broken: (image: Broken) => void) {
    const { batch } = stream;
    this.batches = stream.batches;
    this.#stream = stream;
    this.#broken = broken;
    this.#images = new Float32Array(batch * sizeOf(stream.images));
    this.#labels = new Int32Array(batch);
    this.#places = new Uint32Array(batch);
    this.#samples = new Uint32Array(batch);
  }

  async take(k: number): Promise<FedBatch> {
    const stream = this.#stream;
    const size = sizeOf(stream.images);
    this.#maker ??= imageMaker(stream.images, this.#broken);
    const valid = stream.plan(k, this.#places);
    for (let b = 0; b < valid; b++)
      this.#samples[b] = await this.#maker.make(this.#places[b]!, k, b, this.#images, b * size);
    this.#images.fill(0, valid * size);
    labelsOf(stream, this.#samples, valid, this.#labels);
    return { images: this.#images, labels: this.#labels, samples: this.#samples, valid };
  }

  async close(): Promise<void> {
    await this.#maker?.close();
  }
}

function threadedFeeder(
  streams: readonly Stream[],
  threads: number,
  broken: readonly ((image: Broken) => void)[],
): Feeder {
  const shared = new Int32Array(new SharedArrayBuffer(4 * control.fields));
  const rings = streams.map(({ images, batch, batches }) => {
    const size = sizeOf(images);
    const depth = Math.max(2, Math.min(4, batches, Math.floor(mostBytesAhead / (4 * size * batch))));
    return ringMemory(depth, batch, size);
  });
  const data = streams.map(({ images, blocks }, i) => ({
    ring: rings[i]!,
    images: { ...images, keptBlocks: Math.ceil(images.keptBlocks / threads) },
    owned: blocks !== null,
  }));
  const crew = new Crew(shared, threads, (thread) => ({ control: shared, streams: data, thread, threads }));
  return {
    feeds: streams.map((stream, i) => new RingFeed(stream, i, rings[i]!, crew, broken[i]!)),
    close: () => crew.close(),
  };
}

/** The threads, and what they say. */
class Crew {
  readonly control: Int32Array;
  readonly threads: number;
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  #said: Said[] = [];
  #lost: Error | undefined;
  #closing = false;

  constructor(shared: Int32Array, threads: number, dataOf: (thread: number) => LoaderData) {
    this.control = shared;
    this.threads = threads;
    for (let thread = 0; thread < threads; thread++) {
      const { port1, port2 } = new MessageChannel();
      const script = import.meta.url.endsWith('.ts') ? './loader-thread.ts' : './loader-thread.cjs';
      const worker = new Worker(new URL(script, import.meta.url), {
        workerData: { data: dataOf(thread), port: port2 },
        transferList: [port2],
      });
      port1.unref();
      worker.unref();
      worker.on('error', (e) => this.#lose(e instanceof Error ? e : new Error(String(e))));
      worker.on('exit', (code) => this.#lose(new Error(`it ended with code ${code}`)));
      this.#workers.push(worker);
      this.#ports.push(port1);
    }
  }

  #lose(reason: Error): void {
    if (!this.#closing) this.#lost ??= reason;
  }

  /** Sleeps until `ready` holds. */
  async wait(ready: () => boolean): Promise<void> {
    for (;;) {
      const seen = Atomics.load(this.control, control.ready);
      if (ready()) return;
      if (this.#lost)
        throw new UnsmoothError('WORKER_DIED', `a loader thread died: ${this.#lost.message}`, 'See the log.', [], {
          cause: this.#lost,
        });
      if (Atomics.wait(this.control, control.ready, seen, lookMs) === 'timed-out')
        await new Promise((resolve) => setImmediate(resolve)); // events of the threads are heard here alone
    }
  }

  /** What was said about batches of a stream up to `step`; taken away. */
  heard(stream: number, step: number): Said[] {
    for (const port of this.#ports)
      for (let m = receiveMessageOnPort(port); m; m = receiveMessageOnPort(port)) this.#said.push(m.message);
    const about = this.#said.filter((m) => m.stream === stream && m.step <= step);
    this.#said = this.#said.filter((m) => !about.includes(m));
    return about.sort((a, b) => a.step - b.step || a.position - b.position);
  }

  async close(): Promise<void> {
    this.#closing = true;
    Atomics.store(this.control, control.closed, 1);
    Atomics.add(this.control, control.wake, 1);
    Atomics.notify(this.control, control.wake);
    await Promise.all(this.#workers.map(ended));
    for (const port of this.#ports) port.close();
  }
}

/** A thread ends after the image it is at: libvips is not to be cut off. One that does not is ended. */
async function ended(worker: Worker): Promise<void> {
  worker.ref();
  const late = setTimeout(() => void worker.terminate(), endMs);
  if (worker.threadId !== -1) await new Promise((resolve) => worker.once('exit', resolve));
  clearTimeout(late);
}

class RingFeed implements Feed {
  readonly batches: number;
  readonly #stream: Stream;
  readonly #index: number;
  readonly #memory: RingMemory;
  readonly #ring: Ring;
  readonly #crew: Crew;
  readonly #broken: (image: Broken) => void;
  readonly #labels: Int32Array;
  /** Images of each place of the ring that are real. */
  readonly #valid: number[] = [];
  /** Threads that must look at every batch, where each has its share of it. */
  readonly #shares: number;
  readonly #owners: BlockOwners | null;
  /** Batches first … end-1 lie in the ring or are being made. */
  #first = 0;
  #end = 0;

  constructor(stream: Stream, index: number, memory: RingMemory, crew: Crew, broken: (image: Broken) => void) {
    this.batches = stream.batches;
    this.#stream = stream;
    this.#index = index;
    this.#memory = memory;
    this.#ring = new Ring(memory, crew.control);
    this.#crew = crew;
    this.#broken = broken;
    this.#labels = new Int32Array(stream.batch);
    this.#shares = stream.blocks ? crew.threads : 0;
    this.#owners = stream.blocks && new BlockOwners(stream.blocks, crew.threads);
  }

  async take(k: number): Promise<FedBatch> {
    const { depth, batch, size } = this.#memory;
    if (k !== this.#first + 1 || k >= this.#end) await this.#startAt(k);
    this.#first = k;
    this.#ring.head = k % depth;
    while (this.#end < Math.min(this.batches, k + depth)) this.#publish(this.#end++);
    const slot = k % depth;
    await this.#crew.wait(() => this.#isWhole(k));
    this.#listen(k);
    const valid = this.#valid[slot]!;
    const images = this.#memory.images.subarray(slot * batch * size, (slot + 1) * batch * size);
    const samples = this.#memory.samples.subarray(slot * batch, (slot + 1) * batch);
    images.fill(0, valid * size);
    labelsOf(this.#stream, samples, valid, this.#labels);
    return { images, labels: this.#labels, samples, valid };
  }

  #isWhole(k: number): boolean {
    return this.#ring.isWhole(k % this.#memory.depth, this.#shares);
  }

  #publish(k: number): void {
    const { depth, batch, places, owners } = this.#memory;
    const slot = k % depth;
    const valid = this.#stream.plan(k, places.subarray(slot * batch, (slot + 1) * batch));
    this.#valid[slot] = valid;
    if (this.#owners)
      for (let at = slot * batch; at < slot * batch + valid; at++) owners[at] = this.#owners.ownerOf(places[at]!);
    this.#ring.publish(slot, k, valid);
  }

  /** Lets what is being made be finished, forgets it, and begins at k. */
  async #startAt(k: number): Promise<void> {
    for (let open = this.#first; open < this.#end; open++) await this.#crew.wait(() => this.#isWhole(open));
    this.#crew.heard(this.#index, Number.POSITIVE_INFINITY);
    this.#first = k;
    this.#end = k;
  }

  #listen(k: number): void {
    for (const said of this.#crew.heard(this.#index, k)) {
      if (said.type === 'failed') throw UnsmoothError.fromData(said.error);
      this.#broken(said.image);
    }
  }
}
