// A few values of a run for a small curve, from a few pieces of metrics.jsonl: never the whole of a long file.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { metricsFile } from './columns.ts';

const points = 32;
/** Up to here the file is read whole; of a longer one its end. */
const whole = 2 ** 18;
const piece = 4096;

/** val/top1 where there are two or more, else train/loss; in rising step, at most 32 values. Under a millisecond. */
export function sparkline(dir: string): number[] {
  let fd: number;
  try {
    fd = openSync(metricsFile(dir), 'r');
  } catch {
    return []; // nothing was logged yet
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(0, size - whole);
    const end = text(fd, from, size - from);
    const accuracy = values(end, 'val/top1');
    if (accuracy.length > 1) return some(accuracy);
    if (from === 0) return some(values(end, 'train/loss'));
    const losses: [number, number][] = [];
    for (let i = 0; i < points; i++) {
      const at = Math.floor(((size - piece) * i) / (points - 1));
      losses.push(...values(text(fd, at, piece), 'train/loss').slice(-1));
    }
    return some(rising(losses));
  } finally {
    closeSync(fd);
  }
}

function text(fd: number, at: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.toString('latin1', 0, readSync(fd, bytes, 0, length, at));
}

/** [step, value] of the whole lines that have the tag; steps that were trained again count once. */
function values(lines: string, tag: string): [number, number][] {
  const found: [number, number][] = [];
  const key = `"${tag}":`;
  for (let at = lines.indexOf(key); at >= 0; at = lines.indexOf(key, at + 1)) {
    const start = lines.lastIndexOf('{"step":', at);
    const end = lines.indexOf('\n', at);
    if (start < 0 || end < 0 || lines.lastIndexOf('\n', at) > start) continue;
    const step = Number.parseInt(lines.slice(start + 8, start + 28), 10);
    const value = Number.parseFloat(lines.slice(at + key.length, at + key.length + 30));
    if (Number.isFinite(step) && Number.isFinite(value)) found.push([step, value]);
  }
  return rising(found);
}

function rising(list: readonly [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  for (const point of list) {
    while (kept.length > 0 && (kept.at(-1)?.[0] ?? 0) >= point[0]) kept.pop();
    kept.push(point);
  }
  return kept;
}

function some(list: readonly [number, number][]): number[] {
  const every = Math.max(1, (list.length - 1) / (points - 1));
  return Array.from({ length: Math.min(points, list.length) }, (_, i) => list[Math.round(i * every)]?.[1] ?? 0);
}
