// Follows the files of runs while they are looked at: what is added is read, and told at most four times a second. The folder is the
// truth, so it is the same for a run of this program and for one that another trains.
import { MetricColumns } from '../../core/columns.ts';
import { LayerRows } from '../../core/layer-rows.ts';
import { layersFile, metricsFile, Tail } from '../runs/columns.ts';
import { layersLineOf } from '../runs/layers-line.ts';
import type { AppContext } from './context.ts';

const everyMs = 250;

/** One run's two files as they were read so far. */
class Reading {
  readonly metrics = new MetricColumns();
  readonly layers = new LayerRows(layersLineOf);
  readonly #tails: [Tail, Tail];
  constructor(dir: string) {
    this.#tails = [new Tail(metricsFile(dir)), new Tail(layersFile(dir))];
  }
  /** False where a file is not the one it was. */
  async read(signal: AbortSignal): Promise<boolean> {
    const same = await this.#tails[0].read((text) => this.metrics.push(text), signal);
    return (await this.#tails[1].read((text) => this.layers.push(text), signal)) && same;
  }
}

export class Followers {
  readonly #app: AppContext;
  readonly #followed = new Map<string, AbortController>();

  constructor(app: AppContext) {
    this.#app = app;
  }

  /** Resolves when the first, whole event was sent. Following a run again begins anew. */
  async follow(id: string, dir: string): Promise<void> {
    this.unfollow(id);
    const abort = new AbortController();
    this.#followed.set(id, abort);
    const reading = new Reading(dir);
    await this.#step(id, reading, abort.signal);
    void this.#go(id, dir, reading, abort.signal);
  }

  unfollow(id: string): void {
    this.#followed.get(id)?.abort();
    this.#followed.delete(id);
  }

  close(): void {
    for (const id of [...this.#followed.keys()]) this.unfollow(id);
  }

  async #go(id: string, dir: string, first: Reading, signal: AbortSignal): Promise<void> {
    let reading = first;
    let told = '';
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, everyMs).unref());
      if (signal.aborted) return;
      try {
        const same = await this.#step(id, reading, signal);
        if (!same) reading = new Reading(dir);
        told = '';
      } catch (e) {
        const message = String(e);
        if (message !== told) this.#app.problem(e);
        told = message;
      }
    }
  }

  async #step(id: string, reading: Reading, signal: AbortSignal): Promise<boolean> {
    const same = await reading.read(signal);
    if (signal.aborted || !same) return same;
    const [metrics, layers] = [reading.metrics.delta(), reading.layers.delta()];
    const whole = metrics.whole || layers.whole;
    const curves = whole && !metrics.whole ? reading.metrics.curves() : metrics.data;
    const probes = whole && !layers.whole ? reading.layers.probes() : layers.data;
    if (whole || Object.keys(curves).length > 0 || probes.length > 0)
      this.#app.emit('series', { id, whole, curves, layers: probes });
    return same;
  }
}
