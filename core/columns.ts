// metrics.jsonl of a run as columns, taken in piece by piece. It counts exactly what contract/saved/lines readLines counts: the
// last line of a step, nothing after a resume point that was written before it, torn lines not at all. Knows no file.
import type { Curve, Curves } from '../contract/app/series.ts';
import { decodeNumber, type SavedNumber } from '../contract/numbers.ts';
import { isInt, LineBreaker, parsed } from './jsonl.ts';

const strings: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];
const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);
const isSaved = (x: unknown): x is SavedNumber => isNumber(x) || strings.includes(x);

/** A Float64Array that grows by doubling. */
class Column {
  #values = new Float64Array(64);
  length = 0;
  push(x: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = x;
  }
  at(i: number): number {
    return this.#values[i] as number;
  }
  slice(from: number): Float64Array {
    return this.#values.slice(from, this.length);
  }
}

/** Values of one tag and the rows they stand in. */
interface TagColumn {
  rows: Column;
  values: Column;
}

/** New points since the last time. `whole`: forget what was known, this is everything. */
export interface Delta<T> {
  whole: boolean;
  data: T;
}

/** metrics.jsonl as curves. */
export class MetricColumns {
  /** Lines that could not be read, a torn last one among them once `end` was called. */
  broken = 0;
  readonly #lines = new LineBreaker();
  #step = new Column();
  #epoch = new Column();
  #wall = new Column();
  #tags = new Map<string, TagColumn>();
  /** A step that is not above its predecessor was met: rows are put in order before they are read. */
  #mixed = false;
  /** Rows given out by `delta`; below 0: what was given out counts no more. */
  #given = -1;

  push(text: string): void {
    this.#lines.push(text, (line) => this.#take(line));
  }
  end(): void {
    this.#lines.end((line) => this.#take(line));
  }
  /** Steps known. */
  get rows(): number {
    this.#order();
    return this.#step.length;
  }

  /** Every tag from the beginning; of the same lines, tags share their axis arrays. */
  curves(): Curves {
    this.#order();
    return this.#from(0);
  }

  /** What was added since the last call; the first is whole, and so is one after a rewind. */
  delta(): Delta<Curves> {
    this.#order();
    const whole = this.#given < 0;
    const data = this.#from(Math.max(this.#given, 0));
    this.#given = this.#step.length;
    return { whole, data };
  }

  #take(line: string): void {
    const value = parsed(line);
    if (!value) this.broken++;
    else if (isInt(value.resumed_from)) this.#rewind(value.resumed_from);
    else if (!this.#append(value)) this.broken++;
  }

  #append(value: Record<string, unknown>): boolean {
    const { step, epoch, wall } = value;
    if (!isInt(step) || !isNumber(epoch) || !isNumber(wall)) return false;
    for (const tag in value) if (!isSaved(value[tag])) return false;
    const row = this.#step.length;
    if (row > 0 && step <= this.#step.at(row - 1)) this.#mixed = true;
    this.#step.push(step);
    this.#epoch.push(epoch);
    this.#wall.push(wall);
    for (const tag in value) {
      if (tag === 'step' || tag === 'epoch' || tag === 'wall') continue;
      let column = this.#tags.get(tag);
      if (!column) {
        column = { rows: new Column(), values: new Column() };
        this.#tags.set(tag, column);
      }
      column.rows.push(row);
      column.values.push(decodeNumber(value[tag] as SavedNumber));
    }
    return true;
  }

  #rewind(to: number): void {
    this.#order();
    const kept = this.#step.slice(0);
    let rows = kept.length;
    while (rows > 0 && (kept[rows - 1] as number) > to) rows--;
    if (rows === kept.length) return;
    this.#select(Array.from({ length: rows }, (_, i) => i));
  }

  /** Rows in rising step, of each step the last one. */
  #order(): void {
    if (!this.#mixed) return;
    const step = this.#step.slice(0);
    const order = Array.from(step.keys()).sort((a, b) => (step[a] as number) - (step[b] as number) || a - b);
    this.#select(order.filter((row, i) => i === order.length - 1 || step[row] !== step[order[i + 1] as number]));
    this.#mixed = false;
  }

  /** Keeps these rows, in this order. */
  #select(kept: readonly number[]): void {
    const now = new Int32Array(this.#step.length).fill(-1);
    kept.forEach((row, i) => {
      now[row] = i;
    });
    const pick = (column: Column) => {
      const out = new Column();
      for (const row of kept) out.push(column.at(row));
      return out;
    };
    for (const [tag, { rows, values }] of this.#tags) {
      const pairs: [number, number][] = [];
      for (let i = 0; i < rows.length; i++) {
        const row = now[rows.at(i)] as number;
        if (row >= 0) pairs.push([row, values.at(i)]);
      }
      pairs.sort((a, b) => a[0] - b[0]);
      const column: TagColumn = { rows: new Column(), values: new Column() };
      for (const [row, value] of pairs) {
        column.rows.push(row);
        column.values.push(value);
      }
      if (pairs.length > 0) this.#tags.set(tag, column);
      else this.#tags.delete(tag);
    }
    [this.#step, this.#epoch, this.#wall] = [pick(this.#step), pick(this.#epoch), pick(this.#wall)];
    this.#given = -1;
  }

  /** Curves of the rows from `first` on. */
  #from(first: number): Curves {
    const axes: { rows: Float64Array; step: Float64Array; epoch: Float64Array; wall: Float64Array }[] = [];
    const curves: Curves = {};
    for (const [tag, column] of this.#tags) {
      const start = firstAtLeast(column.rows, first);
      if (start === column.rows.length) continue;
      const rows = column.rows.slice(start);
      let axis = axes.find((a) => same(a.rows, rows));
      if (!axis) {
        const gather = (c: Column) => Float64Array.from(rows, (row) => c.at(row));
        axis = { rows, step: gather(this.#step), epoch: gather(this.#epoch), wall: gather(this.#wall) };
        axes.push(axis);
      }
      const { step, epoch, wall } = axis;
      curves[tag] = { step, epoch, wall, value: column.values.slice(start) } satisfies Curve;
    }
    return curves;
  }
}

/** Index of the first value that is at least `least`, in a rising column. */
function firstAtLeast(column: Column, least: number): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column.at(middle) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

const same = (a: Float64Array, b: Float64Array): boolean =>
  a.length === b.length && a[0] === b[0] && a[a.length - 1] === b[b.length - 1] && a.every((x, i) => x === b[i]);
