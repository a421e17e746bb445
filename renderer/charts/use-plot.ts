// A plot in a component: made when its canvas is there, drawn again when its scene changes, gone with the component.
import { onBeforeUnmount, onMounted, type Ref, ref, shallowRef, watch } from 'vue';
import { type Drawing, DrawQueue } from './draw-queue.ts';
import type { SharedX } from './group.ts';
import { Plot, type Scene } from './plot.ts';

const queue = new DrawQueue();
/** Drawn before it is scrolled to. */
const ahead = '200px';

/** `scene` is read reactively; null: nothing to draw yet. */
export function usePlot(canvas: Ref<HTMLCanvasElement | null>, scene: () => Scene | null, x: SharedX) {
  const plot = shallowRef<Plot | null>(null);
  /** Rises whenever places of values may have changed. */
  const drawn = ref(0);
  /** Not what its scene says: out of view, or waiting for its turn. */
  let stale = false;
  let inView = false;
  /** What the plot itself has just drawn after a zoom; no need to draw it again. */
  let own = '';

  const events = {
    ranged(range: readonly [number, number]) {
      own = String(range);
      x.show(range);
    },
    drawn() {
      drawn.value++;
    },
  };
  const drawing: Drawing = {
    // the first picture is made wherever it is, so that there is one to save
    due: () => inView || plot.value === null,
    draw,
  };
  function draw(): void {
    const next = scene();
    if (!next || !canvas.value) return;
    stale = false;
    if (plot.value) plot.value.update(next);
    else if (canvas.value.getContext('2d')) plot.value = new Plot(canvas.value, next, events);
  }
  function schedule(): void {
    stale = true;
    queue.add(drawing);
  }
  const watcher = new IntersectionObserver(
    (entries) => {
      inView = entries.at(-1)?.isIntersecting ?? false;
      if (inView && stale) queue.add(drawing);
    },
    { rootMargin: ahead },
  );
  onMounted(() => {
    schedule();
    if (canvas.value) watcher.observe(canvas.value);
  });
  watch(scene, (now, before) => {
    const zoomedHere = now !== null && before !== null && own === String(now.x.range) && onlyRange(now, before);
    own = '';
    if (!zoomedHere) schedule();
  });
  onBeforeUnmount(() => {
    queue.remove(drawing);
    watcher.disconnect();
    plot.value?.destroy();
    plot.value = null;
  });

  function reset(): void {
    plot.value?.resetY();
    x.show(null);
    schedule();
  }
  /** The plot as its scene is now, wherever it stands on the page; null before there was anything. */
  function current(): Plot | null {
    if (stale) draw();
    return plot.value;
  }
  return { plot, drawn, reset, current };
}

const onlyRange = (a: Scene, b: Scene): boolean =>
  a.curves.length === b.curves.length &&
  a.curves.every((c, i) => c.x === b.curves[i]?.x && c.y === b.curves[i]?.y && c.key === b.curves[i]?.key) &&
  a.inks === b.inks &&
  a.box === b.box &&
  a.y.log === b.y.log &&
  a.levels === b.levels &&
  a.paint === b.paint;
