// A field of values, layer by step, as SVG text with its colour bar: viridis, or diverging around the middle for differences.
import { diverging, viridis } from '../colour.ts';
import { linear } from './scale.ts';
import { element, faintInk, figure, fontSize, label, px, textWidth } from './svg.ts';

export interface Heatmap {
  title: string;
  x: { label: string; values: readonly number[] };
  y: { label: string };
  /** columns[i][j]: value at x.values[i] in row j; row 0 at the bottom. */
  columns: readonly (readonly number[])[];
  /** What the two ends of the colours mean. */
  range: readonly [number, number];
  valueLabel: string;
  colours?: 'viridis' | 'diverging';
  width?: number;
  height?: number;
}

const barWidth = 12;

export function heatmap(map: Heatmap): string {
  const { width = 560, range, columns } = map;
  const colour = map.colours === 'diverging' ? diverging : viridis;
  const rows = Math.max(0, ...columns.map((c) => c.length));
  const height = map.height ?? Math.max(120, Math.min(rows * 16, 260));
  const [top, left] = [42, 40];
  const bottom = top + height;
  const bar = linear(range[0], range[1], bottom, top, 4);
  const right = width - barWidth - 22 - Math.max(...bar.ticks.map((t) => textWidth(t.text)));
  const edges = edgesOf(map.x.values);
  const x = linear(edges[0] ?? 0, edges.at(-1) ?? 1, left, right, Math.floor((right - left) / 80));
  const rowHeight = height / Math.max(rows, 1);

  const cells = columns.map((column, i) => {
    const [from, to] = [x.at(edges[i] ?? 0), x.at(edges[i + 1] ?? 0)];
    return column
      .map((value, row) =>
        element('rect', {
          x: from,
          y: bottom - (row + 1) * rowHeight,
          width: to - from + 0.3,
          height: rowHeight + 0.3,
          fill: Number.isFinite(value) ? colour((value - range[0]) / (range[1] - range[0] || 1)) : 'none',
        }),
      )
      .join('');
  });
  const every = Math.ceil(rows / Math.floor(height / 16));
  const rowLabels = Array.from({ length: rows }, (_, row) => row)
    .filter((row) => row % every === 0)
    .map((row) =>
      label(String(row), left - 6, bottom - (row + 0.5) * rowHeight + fontSize / 3, { anchor: 'end', fill: faintInk }),
    );
  return figure(
    map.title,
    width,
    bottom + 40,
    element('g', { 'shape-rendering': 'crispEdges' }, ...cells),
    ...rowLabels,
    ...x.ticks
      .filter((t) => t.value >= 0)
      .map((t) => label(t.text, x.at(t.value), bottom + 16, { anchor: 'middle', fill: faintInk })),
    label(map.x.label, (left + right) / 2, bottom + 34, { anchor: 'middle', fill: faintInk }),
    label(map.y.label, 0, 0, {
      anchor: 'middle',
      fill: faintInk,
      transform: `translate(11 ${px((top + bottom) / 2)}) rotate(-90)`,
    }),
    colourBar(right + 14, top, height, colour),
    ...bar.ticks.map((t) =>
      label(t.text, right + 14 + barWidth + 5, bar.at(t.value) + fontSize / 3, { fill: faintInk }),
    ),
    label(map.valueLabel, width, top - 13, { anchor: 'end', fill: faintInk }),
  );
}

/** Borders between columns: halfway between neighbours, the ends as wide as their inner half. */
export function edgesOf(values: readonly number[]): number[] {
  const [first, second] = values;
  if (first === undefined) return [0, 1];
  if (second === undefined) return [first - 0.5, first + 0.5];
  const inner = values.slice(1).map((v, i) => (v + (values[i] ?? v)) / 2);
  const last = values.at(-1) ?? second;
  return [2 * first - (inner[0] ?? first), ...inner, 2 * last - (inner.at(-1) ?? last)];
}

function colourBar(x: number, top: number, height: number, colour: (t: number) => string): string {
  const slices = 48;
  return Array.from({ length: slices }, (_, i) =>
    element('rect', {
      x,
      y: top + (i * height) / slices,
      width: barWidth,
      height: height / slices + 0.4,
      fill: colour(1 - (i + 0.5) / slices),
    }),
  ).join('');
}
