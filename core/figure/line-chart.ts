// Curves over one axis as SVG text. Given the same series, always the same text.
import type { Point } from '../series.ts';
import { type LegendEntry, legend } from './legend.ts';
import { extent, linear, logarithmic, type Scale, timeTicks } from './scale.ts';
import { element, faintInk, figure, fontSize, grid, ground, label, px, textWidth } from './svg.ts';

export interface Series {
  name: string;
  colour: string;
  points: readonly Point[];
  /** Stroke pattern, as in SVG. */
  dash?: string;
  /** The raw curve behind a smoothed one: thin, pale, not in the legend. */
  faint?: boolean;
  /** Marks at the points, where there are few. */
  dots?: boolean;
}

/** The ground between two curves, such as a spread; both have the same x. */
export interface Band {
  colour: string;
  low: readonly Point[];
  high: readonly Point[];
}

/** A level that the curves are to be read against, such as a random floor. */
export interface Level {
  y: number;
  text: string;
}

export interface LineChart {
  title: string;
  x: {
    label: string /** Whole numbers only, such as layers. */;
    whole?: boolean /** What is shown; all of it by default. */;
    range?: readonly [number, number];
    /** Seconds, with ticks as people read time. */
    time?: boolean;
  };
  y: {
    label: string;
    log?: boolean;
    bounds?: readonly [number, number];
    /** What is shown, instead of the extent of the values. */
    range?: readonly [number, number];
  };
  series: readonly Series[];
  levels?: readonly Level[];
  bands?: readonly Band[];
  width?: number;
  /** Of the plot; title and legend come on top. */
  height?: number;
}

export function lineChart(chart: LineChart): string {
  const { width = 560, height = 220, levels = [], bands = [] } = chart;
  const shown = chart.series.map((s) => ({ ...s, points: s.points.filter(visible(chart)) }));
  const entries: LegendEntry[] = shown.filter((s) => !s.faint);
  const head = legend(entries, width, 24);
  const top = 24 + head.height + 10;
  const bottom = top + height;

  const ys = [...shown.map((s) => s.points), ...bands.flatMap((b) => [b.low, b.high])].flatMap((p) =>
    p.map(([, v]) => v),
  );
  const y = yScale(chart, [...ys, ...levels.map((l) => l.y)], bottom, top);
  const left = Math.max(...y.ticks.map((t) => textWidth(t.text)), 20) + 28;
  const right = width - 20;
  const [low, high] = chart.x.range ?? span(shown.flatMap((s) => s.points.map((p) => p[0])));
  const x = linear(low, high, left, right, Math.floor((right - left) / 80));
  if (chart.x.time) x.ticks = timeTicks(low, high, Math.floor((right - left) / 90));
  if (chart.x.whole) x.ticks = x.ticks.filter((t) => Number.isInteger(t.value));

  const body = shown.some((s) => s.points.length)
    ? [
        ...levels.map((l) => levelLine(l, y, left, right, shown, x)),
        clipped(
          chart,
          [...bands.map((b) => bandArea(b, x, y)), ...shown.map((s) => curve(s, x, y))],
          [left, top, right, bottom],
        ),
      ]
    : [label('No values yet', (left + right) / 2, (top + bottom) / 2, { anchor: 'middle', fill: faintInk })];
  return figure(
    chart.title,
    width,
    bottom + 40,
    head.svg,
    ...y.ticks.map((t) => yTick(t, y, left, right)),
    ...x.ticks.map((t) => label(t.text, x.at(t.value), bottom + 16, { anchor: 'middle', fill: faintInk })),
    element('line', { x1: left, x2: right, y1: bottom, y2: bottom, stroke: faintInk, 'stroke-width': 1 }),
    label(chart.x.label, (left + right) / 2, bottom + 34, { anchor: 'middle', fill: faintInk }),
    label(chart.y.label, 0, 0, {
      anchor: 'middle',
      fill: faintInk,
      transform: `translate(11 ${px((top + bottom) / 2)}) rotate(-90)`,
    }),
    ...body,
  );
}

const visible =
  (chart: LineChart) =>
  ([x, y]: Point): boolean =>
    Number.isFinite(x) && Number.isFinite(y) && (!chart.y.log || y > 0);

function span(xs: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of xs) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  return low < high ? [low, high] : low === high ? [low, low + 1] : [0, 1];
}

/** Parts of a chart that shows a stretch of x or y only are cut at its frame. */
function clipped(chart: LineChart, parts: string[], [left, top, right, bottom]: readonly number[]): string {
  if (!chart.x.range && !chart.y.range) return parts.join('');
  const id = `clip-${chart.title.replace(/[^A-Za-z0-9]+/g, '-')}`;
  const rect = { x: left, y: top, width: (right ?? 0) - (left ?? 0), height: (bottom ?? 0) - (top ?? 0) };
  return element('clipPath', { id }, element('rect', rect)) + element('g', { 'clip-path': `url(#${id})` }, ...parts);
}

function yScale(chart: LineChart, values: readonly number[], from: number, to: number): Scale {
  if (chart.y.range)
    return chart.y.log
      ? logarithmic(chart.y.range[0], chart.y.range[1], from, to)
      : linear(chart.y.range[0], chart.y.range[1], from, to, Math.floor((from - to) / 40));
  if (!chart.y.log) {
    const [low, high] = extent(values, chart.y.bounds);
    return linear(low, high, from, to, Math.floor((from - to) / 40));
  }
  const above = values.filter((v) => v > 0);
  return logarithmic(Math.min(...above, 1), Math.max(...above, 1e-12), from, to);
}

function yTick(tick: Scale['ticks'][number], y: Scale, left: number, right: number): string {
  const at = y.at(tick.value);
  return (
    element('line', { x1: left, x2: right, y1: at, y2: at, stroke: grid, 'stroke-width': 1 }) +
    label(tick.text, left - 6, at + fontSize / 3, { anchor: 'end', fill: faintInk })
  );
}

function levelLine(level: Level, y: Scale, left: number, right: number, series: readonly Series[], x: Scale): string {
  const at = y.at(level.y);
  const anchor = freerEnd(level, left, right, series, x, y);
  return (
    element('line', {
      x1: left,
      x2: right,
      y1: at,
      y2: at,
      stroke: faintInk,
      'stroke-width': 1.2,
      'stroke-dasharray': '2 3',
    }) +
    label(level.text, anchor === 'end' ? right - 2 : left + 4, at - 5, {
      anchor,
      fill: faintInk,
      stroke: ground,
      'stroke-width': 3,
      'paint-order': 'stroke',
    })
  );
}

/** The end of a level's line where its text is farther from every curve. */
function freerEnd(
  level: Level,
  left: number,
  right: number,
  series: readonly Series[],
  x: Scale,
  y: Scale,
): 'start' | 'end' {
  const wide = textWidth(level.text) + 8;
  const middle = y.at(level.y) - 9;
  const room = (from: number, to: number) =>
    series
      .flatMap((s) => s.points)
      .reduce((least, [a, b]) => {
        const at = x.at(a);
        return at < from || at > to ? least : Math.min(least, Math.abs(y.at(b) - middle));
      }, Number.POSITIVE_INFINITY);
  return room(left, left + wide) > room(right - wide, right) ? 'start' : 'end';
}

function bandArea(band: Band, x: Scale, y: Scale): string {
  const place = ([a, b]: Point) => `${px(x.at(a))} ${px(y.at(b))}`;
  const outline = [...band.high, ...band.low.toReversed()].map(place).join('L');
  return element('path', { d: `M${outline}Z`, fill: band.colour, 'fill-opacity': '0.16', stroke: 'none' });
}

function curve(series: Series, x: Scale, y: Scale): string {
  const path = series.points.map(([a, b], i) => `${i ? 'L' : 'M'}${px(x.at(a))} ${px(y.at(b))}`).join('');
  const line = element('path', {
    d: path,
    fill: 'none',
    stroke: series.colour,
    'stroke-width': series.faint ? 1 : 1.8,
    'stroke-opacity': series.faint ? '0.25' : undefined,
    'stroke-dasharray': series.dash,
    'stroke-linejoin': 'round',
  });
  const dotted = series.dots || series.points.length === 1;
  const dots = dotted
    ? series.points.map(([a, b]) => element('circle', { cx: x.at(a), cy: y.at(b), r: 2.6, fill: series.colour }))
    : [];
  return line + dots.join('');
}
