// The legend of a figure: entries in rows above the plot, so that it never lies over a curve.
import { element, faintInk, fontSize, label, textWidth } from './svg.ts';

export interface LegendEntry {
  name: string;
  colour: string;
  dash?: string;
}

const swatch = 18;
const gap = 16;
export const legendRow = 18;

/** `svg` starts at `top`; `height` is what it takes. Names too long for the figure are cut. */
export function legend(entries: readonly LegendEntry[], width: number, top: number): { svg: string; height: number } {
  const parts: string[] = [];
  let [x, row] = [0, 0];
  for (const entry of entries) {
    const room = width - swatch - 6;
    const most = Math.floor(room / (fontSize * 0.58));
    const name = entry.name.length > most ? `${entry.name.slice(0, most - 1)}…` : entry.name;
    const taken = swatch + 6 + textWidth(name);
    if (x > 0 && x + taken > width) [x, row] = [0, row + 1];
    const y = top + row * legendRow + 9;
    parts.push(
      element('line', {
        x1: x,
        x2: x + swatch,
        y1: y,
        y2: y,
        stroke: entry.colour,
        'stroke-width': 2,
        'stroke-dasharray': entry.dash,
      }),
      label(name, x + swatch + 6, y + 4, { fill: faintInk }),
    );
    x += taken + gap;
  }
  return { svg: parts.join(''), height: entries.length ? (row + 1) * legendRow : 0 };
}
