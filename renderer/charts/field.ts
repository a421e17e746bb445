// Paints a field of values, column by column, onto a plot. Knows no Vue.
import type { Plot } from './plot.ts';

export interface Field {
  /** Borders between columns, one more than there are columns; rising. */
  edges: readonly number[];
  /** columns[i][row], row 0 at the bottom. */
  columns: readonly (readonly number[])[];
  rows: number;
  range: readonly [number, number];
  colour: (t: number) => string;
}

/** Only columns in view; of columns that share a pixel the last one, so that a long run costs no more than a wide one. */
export function paintField(context: CanvasRenderingContext2D, plot: Plot, field: Field): void {
  const { left, right, top, bottom } = plot.area;
  const { edges, columns, rows, range, colour } = field;
  const height = (bottom - top) / rows;
  const palette = Array.from({ length: 256 }, (_, i) => colour(i / 255));
  const scale = 255 / (range[1] - range[0] || 1);
  let end = right + 1;
  for (let i = columns.length - 1; i >= 0; i--) {
    const from = Math.round(plot.pixelX(edges[i] as number));
    const to = Math.min(Math.round(plot.pixelX(edges[i + 1] as number)), end);
    if (from > right || to < left) continue;
    const width = Math.max(to - from, i === columns.length - 1 ? 1 : 0);
    if (width === 0) continue;
    end = from;
    const column = columns[i] as readonly number[];
    for (let row = 0; row < column.length; row++) {
      const value = column[row] as number;
      if (!Number.isFinite(value)) continue;
      const y = Math.round(bottom - (row + 1) * height);
      context.fillStyle = palette[Math.min(Math.max(Math.round((value - range[0]) * scale), 0), 255)] as string;
      context.fillRect(from, y, width, Math.round(bottom - row * height) - y);
    }
  }
}

/** The least and the greatest finite value; NaN where there is none. A long run has more of them than a call takes arguments. */
export function valueRange(columns: readonly (readonly number[])[]): readonly [low: number, high: number] {
  let [low, high] = [Number.NaN, Number.NaN];
  for (const column of columns)
    for (const value of column) {
      if (!Number.isFinite(value)) continue;
      if (!(value >= low)) low = value;
      if (!(value <= high)) high = value;
    }
  return [low, high];
}
