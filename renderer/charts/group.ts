// What the charts of a screen share: the x axis and its visible stretch, where the pointer is, smoothing, hidden curves. No drawing.
import { computed, type InjectionKey, inject, onScopeDispose, provide, reactive, shallowReactive, watch } from 'vue';
import { useBackend } from '../backend/backend.ts';
import { useNotices } from '../stores/notices.ts';
import { useSettings } from '../stores/settings.ts';
import type { XAxis } from './series.ts';

export type Range = readonly [low: number, high: number];

/** An axis that one or several charts look along. */
export class SharedX {
  /** What every chart on it has, from the first to the last x; null: nothing yet. */
  readonly full = computed(() => union(this.#extents));
  readonly #extents = shallowReactive(new Map<symbol, Range>());
  readonly #state = shallowReactive<{ range: Range | null; at: number | null }>({ range: null, at: null });

  /** The visible stretch, null for all of it. */
  get range(): Range | null {
    return this.#state.range;
  }
  /** Shows a stretch; one that is all there is, or more, is no stretch. */
  show(range: Range | null): void {
    const full = this.full.value;
    const slack = full ? (full[1] - full[0]) * 1e-9 : 0;
    const all = !range || !full || (range[0] <= full[0] + slack && range[1] >= full[1] - slack);
    this.#state.range = all ? null : range;
  }
  /** Where the pointer is, as x. */
  get at(): number | null {
    return this.#state.at;
  }
  point(x: number | null): void {
    this.#state.at = x;
  }
  /** A chart says what it has; null: nothing any more. */
  report(chart: symbol, extent: Range | null): void {
    const before = this.#extents.get(chart);
    if (!extent) this.#extents.delete(chart);
    else if (before?.[0] !== extent[0] || before[1] !== extent[1]) this.#extents.set(chart, extent);
  }
}

function union(extents: ReadonlyMap<symbol, Range>): Range | null {
  if (extents.size === 0) return null;
  const all = [...extents.values()];
  return [Math.min(...all.map((e) => e[0])), Math.max(...all.map((e) => e[1]))];
}

/** Hidden curves by id; one click hides or shows, solo shows one alone and, asked again, all. */
export class Visibility {
  readonly #hidden = shallowReactive(new Set<string>());
  hidden(id: string): boolean {
    return this.#hidden.has(id);
  }
  toggle(id: string): void {
    if (!this.#hidden.delete(id)) this.#hidden.add(id);
  }
  solo(id: string, among: readonly string[]): void {
    const others = among.filter((other) => other !== id);
    const alone = !this.#hidden.has(id) && others.every((other) => this.#hidden.has(other));
    this.#hidden.delete(id);
    for (const other of others)
      if (alone) this.#hidden.delete(other);
      else this.#hidden.add(other);
  }
}

/** Waits this long after the last change of a slider before it is kept. */
const settle = 500;

function makeGroup() {
  const settings = useSettings();
  const backend = useBackend();
  const notices = useNotices();
  const group = reactive({
    axis: settings.value.x_axis as XAxis,
    smoothing: settings.value.smoothing,
    log: false,
    /** A drag chooses a box to zoom into, instead of moving the view. */
    box: false,
  });
  const x = new SharedX();

  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = () => {
    timer = undefined;
    backend
      .call('app.setSettings', { smoothing: group.smoothing, x_axis: group.axis })
      .then((saved) => settings.set(saved))
      .catch((e: unknown) => notices.error(e));
  };
  watch([() => group.axis, () => group.smoothing], () => {
    clearTimeout(timer);
    timer = setTimeout(keep, settle);
  });
  watch(
    () => group.axis,
    () => {
      x.show(null);
      x.point(null);
    },
    { flush: 'sync' },
  );
  onScopeDispose(() => {
    if (timer === undefined) return;
    clearTimeout(timer);
    keep();
  });
  return { options: group, x, visibility: new Visibility() };
}
export type ChartGroup = ReturnType<typeof makeGroup>;

const key: InjectionKey<ChartGroup> = Symbol('charts');

/** Called by the screen that holds the charts. */
export function provideCharts(): ChartGroup {
  const group = makeGroup();
  provide(key, group);
  return group;
}

export function useCharts(): ChartGroup {
  const group = inject(key, undefined);
  if (!group) throw new Error('charts need a screen that provides them');
  return group;
}
