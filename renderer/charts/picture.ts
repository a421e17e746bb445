// A chart as a picture file: what is on the screen with its title and legend, and the same as SVG.
import { lineChart, type Series } from '../../core/figure/line-chart.ts';
import { thinIndices } from '../../core/series.ts';
import type { Range } from './group.ts';
import type { Inks } from './palette.ts';
import type { Plot, Scene } from './plot.ts';

export interface LegendItem {
  name: string;
  colour: string;
  dash?: readonly number[];
}

const [pad, row, swatch] = [12, 18, 18];

/** PNG of a plot at the screen's resolution, opaque, with title and legend above. */
export async function pngOf(
  plot: Plot,
  title: string,
  legend: readonly LegendItem[],
  inks: Inks,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = plot.canvas;
  const scale = source.width / Math.max(source.clientWidth, 1);
  const width = source.clientWidth + 2 * pad;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas to draw on');
  context.font = '11px Inter, system-ui, sans-serif';
  const places = legendPlaces(legend, width - 2 * pad, (text) => context.measureText(text).width);
  const head = pad + 20 + (places.length > 0 ? ((places.at(-1)?.row ?? 0) + 1) * row : 0) + 4;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round((head + source.clientHeight + pad) * scale);
  context.scale(scale, scale);
  context.fillStyle = inks.ground;
  context.fillRect(0, 0, width, canvas.height);
  context.fillStyle = inks.text;
  context.font = '600 13px Inter, system-ui, sans-serif';
  context.fillText(title, pad, pad + 12);
  context.font = '11px Inter, system-ui, sans-serif';
  for (const { item, x, row: at } of places) {
    const y = pad + 20 + at * row + 9;
    context.strokeStyle = item.colour;
    context.lineWidth = 2;
    context.setLineDash([...(item.dash ?? [])]);
    context.beginPath();
    context.moveTo(pad + x, y);
    context.lineTo(pad + x + swatch, y);
    context.stroke();
    context.fillStyle = inks.faint;
    context.fillText(item.name, pad + x + swatch + 6, y + 4);
  }
  context.drawImage(source, pad, head, source.clientWidth, source.clientHeight);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('the picture could not be made');
  return new Uint8Array(await blob.arrayBuffer());
}

function legendPlaces(items: readonly LegendItem[], width: number, measure: (text: string) => number) {
  let [x, at] = [0, 0];
  return items.map((item) => {
    const taken = swatch + 6 + measure(item.name);
    if (x > 0 && x + taken > width) [x, at] = [0, at + 1];
    const place = { item, x, row: at };
    x += taken + 16;
    return place;
  });
}

const figureWidth = 720;

/** The scene as core/figure draws it: the same curves, the same stretch of both axes. `faint` tells the keys of pale originals. */
export function svgOf(
  title: string,
  scene: Scene,
  yRange: Range,
  nameOf: (key: string) => { name: string; faint: boolean; dots: boolean },
): string {
  const series = scene.curves.map((curve): Series => {
    const kept = thinIndices(curve.x, curve.y, scene.x.range, figureWidth, scene.y.log);
    const points = Array.from(kept, (i) => [curve.x[i] as number, curve.y[i] as number] as const);
    const dash = curve.dash?.length ? { dash: curve.dash.join(' ') } : {};
    return { ...nameOf(curve.key), colour: curve.colour, points, ...dash };
  });
  const { x, y } = scene;
  return lineChart({
    title,
    x: { label: x.label, whole: x.whole ?? false, time: x.time ?? false, range: x.range },
    y: { label: y.label, log: y.log, range: yRange },
    series: series.toReversed(),
    levels: scene.levels,
    bands: scene.bands.map((band) => ({
      colour: band.colour,
      low: Array.from(band.x, (at, i) => [at, band.low[i] as number] as const),
      high: Array.from(band.x, (at, i) => [at, band.high[i] as number] as const),
    })),
    width: figureWidth,
    height: 300,
  });
}
