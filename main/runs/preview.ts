// A first look at the curves of a long run: lines from places all over metrics.jsonl, so that charts have something to show while the
// whole file is read. Every point is one that was logged; extremes between the places are not looked for.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Curves } from '../../contract/app/series.ts';
import { MetricColumns } from '../../core/columns.ts';
import { metricsFile } from './columns.ts';

/** Places looked at, spread evenly over the file; of each the first whole line is taken. */
const places = 120;
/** Bytes at each place; a longer line is passed over. */
const piece = 4096;

/** Curves of the tags that the lines have; a tag that is logged rarely is mostly missed. Empty where nothing can be read. About 2 ms. */
export function previewCurves(dir: string, tags: readonly string[]): Curves {
  let fd: number;
  try {
    fd = openSync(metricsFile(dir), 'r');
  } catch {
    return {}; // whoever reads the whole file says why
  }
  try {
    const { size } = fstatSync(fd);
    const columns = new MetricColumns();
    const whole = size <= places * piece;
    if (whole) columns.push(text(fd, 0, size));
    else
      for (let i = 0; i < places; i++) columns.push(lineAt(fd, Math.floor(((size - 2 * piece) * i) / (places - 1)), i));
    const all = columns.curves();
    return Object.fromEntries(tags.flatMap((tag) => (all[tag] ? [[tag, all[tag]]] : [])));
  } finally {
    closeSync(fd);
  }
}

/** The first line that begins in the piece; the file's own first begins at 0, of the last piece the last whole line is taken. */
function lineAt(fd: number, at: number, place: number): string {
  const last = place === places - 1;
  const lines = text(fd, at, last ? 2 * piece : piece).split('\n');
  const line = last ? lines.at(-2) : place === 0 ? lines[0] : lines.length > 2 ? lines[1] : undefined;
  return line === undefined ? '' : `${line}\n`;
}

function text(fd: number, at: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, length, at));
}
