// The stretch of a long list that is in view, where all items have one size: only those are drawn.
import { computed, onScopeDispose, ref, type ShallowRef, watch } from 'vue';

export interface Stretch {
  /** Items from `from` up to, not including, `to`. */
  from: number;
  to: number;
  /** Pixels before the first of them, after the last of them, and of the whole. */
  before: number;
  after: number;
  whole: number;
}

/** Items beyond either end that are drawn too. */
const beyond = 4;

export function stretchOf(total: number, item: number, room: number, scrolled: number): Stretch {
  const to = Math.min(total, Math.ceil((scrolled + room) / item) + beyond);
  const from = Math.max(0, Math.min(Math.floor(scrolled / item) - beyond, to));
  return { from, to, before: from * item, after: (total - to) * item, whole: total * item };
}

/** `pane` scrolls along `axis`; `item` in pixels. */
export function useWindow(
  pane: Readonly<ShallowRef<HTMLElement | null>>,
  total: () => number,
  item: () => number,
  axis: 'x' | 'y' = 'y',
) {
  const room = ref(400); // until it is known
  const scrolled = ref(0);
  const observer = new ResizeObserver(([entry]) => {
    if (entry) room.value = axis === 'y' ? entry.contentRect.height : entry.contentRect.width;
  });
  watch(
    pane,
    (now, before) => {
      if (before) observer.unobserve(before);
      if (now) observer.observe(now);
      scrolled.value = 0;
    },
    { flush: 'post', immediate: true },
  );
  onScopeDispose(() => observer.disconnect());
  return {
    shown: computed(() => stretchOf(total(), item(), room.value, scrolled.value)),
    onScroll(e: Event): void {
      const { scrollTop, scrollLeft } = e.currentTarget as HTMLElement;
      scrolled.value = axis === 'y' ? scrollTop : scrollLeft;
    },
  };
}
