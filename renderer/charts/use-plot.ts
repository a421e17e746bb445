// A plot in a component: made when its canvas is there, drawn again when its scene changes, gone with the component.
import { onBeforeUnmount, onMounted, type Ref, ref, shallowRef, watch } from 'vue';
import type { SharedX } from './group.ts';
import { Plot, type Scene } from './plot.ts';

/** `scene` is read reactively; null: nothing to draw yet. */
export function usePlot(canvas: Ref<HTMLCanvasElement | null>, scene: () => Scene | null, x: SharedX) {
  const plot = shallowRef<Plot | null>(null);
  /** Rises whenever places of values may have changed. */
  const drawn = ref(0);
  let frame = 0;
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
  function draw(): void {
    frame = 0;
    const next = scene();
    if (!next || !canvas.value) return;
    if (plot.value) plot.value.update(next);
    else if (canvas.value.getContext('2d')) plot.value = new Plot(canvas.value, next, events);
  }
  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }
  onMounted(schedule);
  watch(scene, (now, before) => {
    const zoomedHere = now !== null && before !== null && own === String(now.x.range) && onlyRange(now, before);
    own = '';
    if (!zoomedHere) schedule();
  });
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame);
    plot.value?.destroy();
    plot.value = null;
  });

  function reset(): void {
    plot.value?.resetY();
    x.show(null);
    schedule();
  }
  return { plot, drawn, reset };
}

const onlyRange = (a: Scene, b: Scene): boolean =>
  a.curves.length === b.curves.length &&
  a.curves.every((c, i) => c.x === b.curves[i]?.x && c.y === b.curves[i]?.y && c.key === b.curves[i]?.key) &&
  a.inks === b.inks &&
  a.box === b.box &&
  a.y.log === b.y.log &&
  a.levels === b.levels &&
  a.paint === b.paint;
