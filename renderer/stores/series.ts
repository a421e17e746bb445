// The numbers of the runs that are looked at. Arrays are held raw, outside deep reactivity; a version counter tells the charts.
import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { Curve, Curves, LayerProbe, SeriesUpdate } from '../../contract/app/series.ts';

export interface RunSeries {
  curves: Readonly<Curves>;
  layers: readonly LayerProbe[];
  /** Rises with every change. */
  version: number;
}

/** How much of a buffer is taken by the longest view of it. */
const taken = new WeakMap<ArrayBufferLike, number>();

/** `before` and then `more`: a longer view of the same memory where there is room behind it, so that a stream copies little. */
export function appended(before: Float64Array, more: Float64Array): Float64Array {
  const length = before.length + more.length;
  const { buffer } = before;
  const roomy = taken.get(buffer) === before.length && buffer.byteLength >= 8 * length && buffer instanceof ArrayBuffer;
  const whole = roomy ? new Float64Array(buffer) : new Float64Array(Math.max(2 * length, 64));
  if (!roomy) whole.set(before);
  whole.set(more, before.length);
  taken.set(whole.buffer, length);
  return whole.subarray(0, length);
}

/** Appends one update's columns; what tags shared before and after, they go on sharing. */
class Joiner {
  readonly #done = new Map<Float64Array, Map<Float64Array, Float64Array>>();
  join(before: Float64Array, more: Float64Array): Float64Array {
    const known = this.#done.get(before) ?? new Map<Float64Array, Float64Array>();
    this.#done.set(before, known);
    const out = known.get(more) ?? appended(before, more);
    known.set(more, out);
    return out;
  }
  curve(before: Curve | undefined, more: Curve): Curve {
    if (!before) return more;
    return {
      step: this.join(before.step, more.step),
      epoch: this.join(before.epoch, more.epoch),
      wall: this.join(before.wall, more.wall),
      value: this.join(before.value, more.value),
    };
  }
}

export const useSeries = defineStore('series', () => {
  const byRun = shallowReactive(new Map<string, RunSeries>());
  const set = (id: string, curves: Curves, layers: readonly LayerProbe[]) =>
    byRun.set(id, { curves, layers, version: (byRun.get(id)?.version ?? 0) + 1 });
  /** How many screens follow each run: two may, while one gives way to the other. */
  const followers = new Map<string, number>();
  return {
    byRun,
    set,
    follow(id: string): void {
      followers.set(id, (followers.get(id) ?? 0) + 1);
    },
    /** True when nobody follows the run any more; its numbers are forgotten then. */
    unfollow(id: string): boolean {
      const left = (followers.get(id) ?? 0) - 1;
      if (left > 0) {
        followers.set(id, left);
        return false;
      }
      followers.delete(id);
      byRun.delete(id);
      return true;
    },
    /** More tags, or the probes, of a run that is read piece by piece. */
    add(id: string, { curves = {}, layers }: { curves?: Curves; layers?: readonly LayerProbe[] }): void {
      const before = byRun.get(id);
      set(id, { ...before?.curves, ...curves }, layers ?? before?.layers ?? []);
    },
    /** Of runs that are followed; what is on its way when the last screen leaves is let go. */
    update({ id, whole, curves, layers }: SeriesUpdate): void {
      if (!followers.has(id)) return;
      const before = byRun.get(id);
      if (whole || !before) {
        set(id, curves, layers);
        return;
      }
      const joiner = new Joiner();
      const merged: Curves = { ...before.curves };
      for (const [tag, more] of Object.entries(curves)) merged[tag] = joiner.curve(before.curves[tag], more);
      set(id, merged, layers.length === 0 ? before.layers : [...before.layers, ...layers]);
    },
    /** Lets go of a run that was read, unless another screen follows it. */
    forget(id: string): void {
      if (!followers.has(id)) byRun.delete(id);
    },
  };
});
