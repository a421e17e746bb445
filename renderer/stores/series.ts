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

function joined(before: Curve | undefined, more: Curve): Curve {
  if (!before) return more;
  const join = (a: Float64Array, b: Float64Array) => {
    const out = new Float64Array(a.length + b.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  return {
    step: join(before.step, more.step),
    epoch: join(before.epoch, more.epoch),
    wall: join(before.wall, more.wall),
    value: join(before.value, more.value),
  };
}

export const useSeries = defineStore('series', () => {
  const byRun = shallowReactive(new Map<string, RunSeries>());
  const set = (id: string, curves: Curves, layers: readonly LayerProbe[]) =>
    byRun.set(id, { curves, layers, version: (byRun.get(id)?.version ?? 0) + 1 });
  return {
    byRun,
    set,
    update({ id, whole, curves, layers }: SeriesUpdate): void {
      const before = byRun.get(id);
      if (whole || !before) {
        set(id, curves, layers);
        return;
      }
      const merged: Curves = { ...before.curves };
      for (const [tag, more] of Object.entries(curves)) merged[tag] = joined(before.curves[tag], more);
      set(id, merged, layers.length === 0 ? before.layers : [...before.layers, ...layers]);
    },
    forget(id: string): void {
      byRun.delete(id);
    },
  };
});
