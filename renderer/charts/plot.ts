// Chart.js as this program uses it: axes, lines, zoom and pan on numbers that are thinned right before they are drawn. No Vue, no store.
import { Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, type Scale } from 'chart.js';
import zoomPlugin from 'chartjs-plugin-zoom';
import { type Scale as Axis, extent, linear, logarithmic, timeTicks } from '../../core/figure/scale.ts';
import type { Range } from './group.ts';
import type { Inks } from './palette.ts';
import { type DrawnPoint, Thinned } from './prepare.ts';
import type { ChartLevel } from './series.ts';
import { WheelGate } from './wheel.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, zoomPlugin);

export interface SceneCurve {
  /** Tells curves apart from one update to the next. */
  key: string;
  x: Float64Array;
  y: Float64Array;
  colour: string;
  width: number;
  dash?: readonly number[];
  dots?: boolean;
}

/** All that a plot shows, said anew for every update. Curves in front come first. */
export interface Scene {
  x: { label: string; full: Range; range: Range; whole?: boolean; time?: boolean };
  y: {
    label: string;
    log: boolean;
    bounds?: Range /** Fixed, instead of the extent of what is seen. */;
    range?: Range;
  };
  curves: readonly SceneCurve[];
  bands: readonly { colour: string; x: Float64Array; low: Float64Array; high: Float64Array }[];
  levels: readonly ChartLevel[];
  /** Curves whose names stand beside their last points, where there is room. */
  names?: readonly { key: string; text: string }[];
  inks: Inks;
  /** A drag chooses a box. */
  box: boolean;
  /** Drawn under the curves, inside the frame. */
  paint?: (context: CanvasRenderingContext2D, plot: Plot) => void;
  /** y counts rows from 0, this many of them. */
  rows?: number;
  /** Pixels kept free beside the plot. */
  right?: number;
}

export interface PlotEvents {
  /** The user zoomed or moved along x. */
  ranged(range: Range): void;
  /** Something was drawn: places of values may have changed. */
  drawn(): void;
}

/** Width kept for the numbers of the y axis, so that charts below each other line up and streaming moves nothing. */
const yWidth = 64;
const font = { family: 'Inter, system-ui, sans-serif', size: 11 };

type LinePlot = Chart<'line', DrawnPoint[]>;

export class Plot {
  #chart!: LinePlot;
  readonly #events: PlotEvents;
  readonly #thinned = new Map<string, Thinned>();
  readonly #datasets = new Map<string, LinePlot['data']['datasets'][number]>();
  readonly #gate = new WheelGate();
  #scene: Scene;
  /** The drag under way chooses a box, so that y is zoomed too. */
  #boxing = false;

  /** Throws where the canvas has no 2D context. */
  constructor(canvas: HTMLCanvasElement, scene: Scene, events: PlotEvents) {
    this.#scene = scene;
    this.#events = events;
    canvas.addEventListener('mousemove', (e) => this.#gate.moved(e.clientX, e.clientY));
    new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: this.#options(),
      plugins: [
        {
          id: 'scene',
          beforeInit: (chart) => {
            this.#chart = chart as LinePlot;
          },
          beforeUpdate: () => this.#thin(),
          afterRender: () => this.#events.drawn(),
          beforeDatasetsDraw: () => this.#inside(() => this.#under()),
          afterDatasetsDraw: () => this.#inside(() => this.#over()),
        },
      ],
    });
  }

  update(scene: Scene): void {
    this.#scene = scene;
    this.#chart.options = this.#options();
    this.#chart.update('none');
  }
  /** Back to the whole of y; x is the scene's. */
  resetY(): void {
    this.#yZoom = null;
  }
  destroy(): void {
    this.#chart.destroy();
  }
  /** Factor above 1 zooms in, around the middle. */
  zoom(factor: number): void {
    this.#boxing = false;
    this.#chart.zoom({ x: factor }, 'none');
  }
  /** By a share of the visible width. */
  pan(share: number): void {
    const { left, right } = this.#chart.chartArea;
    this.#chart.pan({ x: -share * (right - left) }, undefined, 'none');
  }

  get canvas(): HTMLCanvasElement {
    return this.#chart.canvas;
  }
  get area(): { left: number; right: number; top: number; bottom: number } {
    return this.#chart.chartArea;
  }
  get yRange(): Range {
    const { min = 0, max = 1 } = this.#chart.scales.y ?? {};
    return [min, max];
  }
  /** Points of all curves after thinning, as last drawn. */
  get points(): number {
    return this.#chart.data.datasets.reduce((sum, { data }) => sum + data.length, 0);
  }
  get yZoomed(): boolean {
    return this.#yZoom !== null;
  }
  xAt(pixel: number): number {
    return this.#chart.scales.x?.getValueForPixel(pixel) ?? Number.NaN;
  }
  pixelX(x: number): number {
    return this.#chart.scales.x?.getPixelForValue(x) ?? Number.NaN;
  }
  pixelY(y: number): number {
    return this.#chart.scales.y?.getPixelForValue(y) ?? Number.NaN;
  }

  #yZoom: Range | null = null;

  #options(): LinePlot['options'] {
    const { x, y, inks, box } = this.#scene;
    const grid = { color: inks.grid, drawTicks: false, tickLength: 0 };
    const ticks = { color: inks.faint, font, padding: 6, autoSkip: false, maxRotation: 0 };
    const title = (text: string) => ({ display: true, text, color: inks.faint, font, padding: 2 });
    const said = (_: unknown, i: number, all: { said?: string }[]) => all[i]?.said ?? '';
    const ranged = () => {
      const { min = 0, max = 1, options } = this.#chart.scales.x ?? {};
      const own = this.#chart.scales.y?.options;
      this.#yZoom = own?.min === undefined ? null : [Number(own.min), Number(own.max)];
      if (options) this.#events.ranged([min, max]);
    };
    return {
      animation: false,
      parsing: false,
      normalized: true,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      spanGaps: false,
      layout: { padding: { top: 6, right: this.#scene.right ?? 12, bottom: 0, left: 0 } },
      elements: { line: { borderJoinStyle: 'round' }, point: { hitRadius: 0 } },
      scales: {
        x: {
          type: 'linear',
          bounds: 'data',
          min: x.range[0],
          max: x.range[1],
          grid: { ...grid, display: false },
          border: { color: inks.faint },
          title: title(x.label),
          ticks: { ...ticks, callback: said as never },
          afterBuildTicks: (scale) => put(scale, this.#xTicks(scale)),
        },
        y: {
          type: y.log ? 'logarithmic' : 'linear',
          bounds: 'data',
          ...(this.#yZoom ? { min: this.#yZoom[0], max: this.#yZoom[1] } : {}),
          grid,
          border: { display: false },
          title: title(y.label),
          ticks: { ...ticks, callback: said as never },
          afterFit: (scale) => {
            scale.width = yWidth;
          },
          afterDataLimits: (scale) => {
            const { min, max } = scale.options; // there when a box was chosen
            [scale.min, scale.max] = min === undefined ? this.#yExtent() : [Number(min), Number(max)];
          },
          afterBuildTicks: (scale) => put(scale, this.#yTicks(scale)),
        },
      },
      plugins: {
        zoom: {
          limits: { x: { min: x.full[0], max: x.full[1], minRange: (x.full[1] - x.full[0]) / 1e5 || 1e-9 } },
          pan: { enabled: !box, mode: 'x', onPan: ranged },
          zoom: {
            wheel: { enabled: true, speed: 0.15 },
            drag: {
              enabled: true,
              threshold: 4,
              backgroundColor: `${inks.faint}33`,
              borderColor: inks.faint,
              borderWidth: 1,
              ...(box ? {} : { modifierKey: 'shift' as const }),
            },
            mode: () => (this.#boxing ? 'xy' : 'x'),
            onZoom: ranged,
            onZoomStart: ({ event }) => this.#starts(event),
          },
        },
      },
    };
  }

  /** A wheel's turn that is a scroll is refused, and so left to the page. */
  #starts(event: Event): boolean {
    this.#boxing = event.type !== 'wheel' && this.#scene.rows === undefined;
    const { full, range } = this.#scene.x;
    const zoomed = range[0] > full[0] || range[1] < full[1];
    return event.type !== 'wheel' || this.#gate.zooms(event as WheelEvent, zoomed);
  }

  #thin(): void {
    const chart = this.#chart;
    const { min, max } = chart.scales.x?.options ?? {};
    const range: Range = [Number(min ?? this.#scene.x.range[0]), Number(max ?? this.#scene.x.range[1])];
    const buckets = Math.max(Math.round(chart.width - yWidth - 12), 50);
    const { curves, y } = this.#scene;
    chart.data.datasets = curves.map((curve) => {
      const thinned = this.#thinned.get(curve.key) ?? new Thinned();
      const kept = this.#datasets.get(curve.key);
      // the library keeps the look of marks with the dataset: another colour takes another one
      const dataset = kept?.borderColor === curve.colour ? kept : { data: [] };
      this.#thinned.set(curve.key, thinned);
      this.#datasets.set(curve.key, dataset);
      return Object.assign(dataset, {
        data: thinned.points(curve.x, curve.y, range, buckets, y.log),
        borderColor: curve.colour,
        backgroundColor: curve.colour,
        borderWidth: curve.width,
        borderDash: [...(curve.dash ?? [])],
        pointRadius: curve.dots || curve.x.length === 1 ? (this.#scene.names?.length ? 4.5 : 2.5) : 0,
        pointBorderWidth: 0,
      });
    });
    const keys = new Set(curves.map((c) => c.key));
    for (const key of this.#datasets.keys())
      if (!keys.has(key)) {
        this.#datasets.delete(key);
        this.#thinned.delete(key);
      }
  }

  #yExtent(): Range {
    const { y, levels, bands } = this.#scene;
    if (y.range) return y.range;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const take = (v: number) => {
      if (!Number.isFinite(v) || (y.log && v <= 0)) return;
      if (v < low) low = v;
      if (v > high) high = v;
    };
    for (const { data } of this.#chart.data.datasets) for (const point of data) take(point.y);
    for (const band of bands) for (const side of [band.low, band.high]) for (const v of side) take(v);
    for (const level of levels) take(level.y);
    if (low > high) return y.log ? [0.1, 1] : [y.bounds?.[0] ?? 0, Math.min(y.bounds?.[1] ?? 1, 1e300)];
    if (y.log) return low < high ? [low / 1.1, high * 1.1] : [low / 2, high * 2];
    return extent([low, high], y.bounds);
  }

  #xTicks(scale: Scale): Axis['ticks'] {
    const { min, max, width } = scale;
    const { whole, time } = this.#scene.x;
    if (time) return timeTicks(min, max, Math.max(Math.floor(width / 90), 2));
    const { ticks } = linear(min, max, 0, 1, Math.max(Math.floor(width / 80), 2));
    return whole ? ticks.filter((t) => Number.isInteger(t.value)) : ticks;
  }
  #yTicks(scale: Scale): Axis['ticks'] {
    const { min, max, height } = scale;
    if (this.#scene.rows !== undefined) return rowTicks(this.#scene.rows, height);
    return this.#scene.y.log
      ? logarithmic(min, max, 0, 1).ticks
      : linear(min, max, 0, 1, Math.max(Math.floor(height / 36), 2)).ticks;
  }

  #inside(draw: () => void): void {
    const { ctx, chartArea } = this.#chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.right - chartArea.left, chartArea.bottom - chartArea.top);
    ctx.clip();
    draw();
    ctx.restore();
  }
  #under(): void {
    const { ctx } = this.#chart;
    this.#scene.paint?.(ctx, this);
    for (const { colour, x, low, high } of this.#scene.bands) {
      ctx.beginPath();
      for (const [i, at] of x.entries()) ctx.lineTo(this.pixelX(at), this.pixelY(high[i] as number));
      for (let i = x.length - 1; i >= 0; i--) ctx.lineTo(this.pixelX(x[i] as number), this.pixelY(low[i] as number));
      ctx.closePath();
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = colour;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
  }
  #over(): void {
    const { ctx, chartArea } = this.#chart;
    const { levels, inks } = this.#scene;
    for (const { y, text } of levels) {
      const at = Math.round(this.pixelY(y)) + 0.5;
      ctx.strokeStyle = inks.faint;
      ctx.lineWidth = 1;
      ctx.setLineDash([2, 3]);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, at);
      ctx.lineTo(chartArea.right, at);
      ctx.stroke();
      ctx.font = `${font.size}px ${font.family}`;
      ctx.lineWidth = 4;
      ctx.setLineDash([]);
      ctx.strokeStyle = inks.ground;
      ctx.lineJoin = 'round';
      const above = at - chartArea.top > 20 ? at - 5 : at + 14;
      const left = this.#leftIsFreer(ctx.measureText(text).width + 8, above - 4);
      ctx.textAlign = left ? 'left' : 'right';
      const x = left ? chartArea.left + 4 : chartArea.right - 4;
      ctx.strokeText(text, x, above);
      ctx.fillStyle = inks.faint;
      ctx.fillText(text, x, above);
    }
    this.#names();
  }
  /** Beside each point, where no other name or point would be covered. The legend has them all. */
  #names(): void {
    const { ctx, chartArea } = this.#chart;
    const { names = [], curves, inks } = this.#scene;
    const at = new Map(curves.map(({ key, x, y }) => [key, [this.pixelX(x.at(-1) ?? 0), this.pixelY(y.at(-1) ?? 0)]]));
    const taken: Box[] = [...at.values()].map(([x = 0, y = 0]) => [x - 6, y - 6, x + 6, y + 6]);
    ctx.font = `${font.size}px ${font.family}`;
    ctx.fillStyle = inks.text;
    ctx.textAlign = 'left';
    for (const { key, text } of names) {
      const [x, y] = at.get(key) ?? [];
      if (x === undefined || y === undefined) continue;
      const width = ctx.measureText(text).width;
      const place = (left: number, middle: number): Box => [left, middle - 7, left + width, middle + 7];
      const beside = [place(x + 9, y), place(x - 9 - width, y)];
      const over = Math.max(Math.min(x - width / 2, chartArea.right - width), chartArea.left);
      const places = [...beside, place(over, y - 14), place(over, y + 14)];
      const inside = ([left, top, right, bottom]: Box) =>
        left >= chartArea.left && right <= chartArea.right && top >= chartArea.top && bottom <= chartArea.bottom;
      const free = places.find((box) => inside(box) && !taken.some((other) => overlap(box, other)));
      if (!free) continue;
      taken.push(free);
      ctx.fillText(text, free[0], free[1] + 11);
    }
  }
  /** Whether a text of this width at this height is farther from every curve at the left end than at the right. */
  #leftIsFreer(width: number, middle: number): boolean {
    const { left, right } = this.#chart.chartArea;
    const room = (from: number, to: number) => {
      let least = Number.POSITIVE_INFINITY;
      for (const { data } of this.#chart.data.datasets)
        for (const point of data) {
          const at = this.pixelX(point.x);
          if (at >= from && at <= to) least = Math.min(least, Math.abs(this.pixelY(point.y) - middle));
        }
      return least;
    };
    return room(left, left + width) > room(right - width, right);
  }
}

type Box = readonly [left: number, top: number, right: number, bottom: number];
const overlap = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

function put(scale: Scale, ticks: Axis['ticks']): void {
  scale.ticks = ticks.map(({ value, text }) => ({ value, said: text }));
}

/** One tick a row where there is room, else every second, fifth, … */
function rowTicks(rows: number, height: number): Axis['ticks'] {
  const every = Math.max(Math.ceil((rows * 14) / Math.max(height, 1)), 1);
  return Array.from({ length: Math.ceil(rows / every) }, (_, i) => ({ value: i * every, text: String(i * every) }));
}
