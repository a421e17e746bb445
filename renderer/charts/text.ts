// A chart's numbers as text: a CSV file, the rows of a table, one sentence. All points, unsmoothed. Pure.
import { formatDuration, formatFixed, formatNumber } from '../../core/format.ts';
import { lowerBound } from '../../core/series.ts';
import type { ChartSeries } from './series.ts';

/** RFC 4180: quoted where a comma, a quote or a line break asks for it. */
const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One line a point: series, where it was taken, value. Numbers in full; NaN and infinities by their names. */
export function csvOf(series: readonly ChartSeries[], xName: string): string {
  const places = [...new Set(series.flatMap((s) => Object.keys(s.where ?? { [xName]: s.x })))];
  const lines = [['series', ...places, 'value'].map(cell).join(',')];
  for (const s of series) {
    const name = cell(s.name);
    const columns = places.map((place) => (s.where ?? { [xName]: s.x })[place]);
    for (let i = 0; i < s.y.length; i++)
      lines.push(`${name},${columns.map((c) => (c ? String(c[i]) : '')).join(',')},${String(s.y[i])}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** A layer-by-step field as CSV: one line a column of the picture. */
export function fieldCsv(
  xName: string,
  xs: ArrayLike<number>,
  rowName: string,
  columns: readonly (readonly number[])[],
) {
  const rows = Math.max(0, ...columns.map((c) => c.length));
  const head = [xName, ...Array.from({ length: rows }, (_, i) => `${rowName} ${i}`)];
  const lines = columns.map((column, i) => [xs[i], ...column].map(String).join(','));
  return `${[head.map(cell).join(','), ...lines].join('\r\n')}\r\n`;
}

/** Rows that are made when they are looked at. */
export interface LazyTable {
  head: readonly string[];
  rows: number;
  row(i: number): readonly string[];
}

/** Every x that any series has, with the value of each series there; empty where it has none. */
export function tableOf(series: readonly ChartSeries[], xName: string): LazyTable {
  const steps = new Set<number>();
  for (const axis of new Set(series.map((s) => s.where?.step ?? s.x))) for (const v of axis) steps.add(v);
  const keys = Float64Array.from(steps).sort();
  const axes = series.map((s) => s.where?.step ?? s.x);
  return {
    head: [series.some((s) => s.where?.step) ? 'step' : xName, ...series.map((s) => s.name)],
    rows: keys.length,
    row(i) {
      const key = keys[i] as number;
      const values = series.map((s, k) => {
        const axis = axes[k] as Float64Array;
        const at = lowerBound(axis, key);
        return axis[at] === key ? formatNumber(s.y[at], 6) : '';
      });
      return [String(key), ...values];
    },
  };
}

/** One row a series: its name and its last point. */
export const pointTable = (series: readonly ChartSeries[], xName: string, yName: string): LazyTable => ({
  head: ['name', xName, yName],
  rows: series.length,
  row(i) {
    const s = series[i];
    return s ? [s.name, formatNumber(s.x.at(-1), 4), formatNumber(s.y.at(-1), 4)] : [];
  },
});

/** `axis`: one of the shared ones, `layer`, or the name of another quantity. */
export function xText(x: number, axis: string): string {
  if (axis === 'time') return formatDuration(x);
  if (axis === 'epoch') return `epoch ${x.toFixed(2)}`;
  return `${axis} ${axis === 'step' || axis === 'layer' ? formatFixed(Math.round(x), 0) : formatNumber(x)}`;
}

/** What the chart shows, for those who do not see it. */
export function summaryOf(series: readonly ChartSeries[], axis: string, hidden: number): string {
  const having = series.filter((s) => s.y.length > 0);
  if (having.length === 0) return 'No values yet.';
  const first = Math.min(...having.map((s) => s.x[0] as number));
  const last = Math.max(...having.map((s) => s.x.at(-1) as number));
  const named = having.slice(0, 8).map((s) => `${s.name} ${formatNumber(s.y.at(-1), 4)}`);
  const more = having.length > 8 ? `, and ${having.length - 8} more` : '';
  const single = having.every((s) => s.y.length === 1);
  const what = single ? 'point' : 'curve';
  const curves = having.length === 1 ? `1 ${what}` : `${having.length} ${what}s`;
  const left = hidden > 0 ? ` (${hidden} hidden)` : '';
  return `${curves}${left} from ${xText(first, axis)} to ${xText(last, axis)}. ${single ? 'Values' : 'Last values'}: ${named.join(', ')}${more}.`;
}
