// layers.jsonl of a run as probes, taken in piece by piece, by the rules of contract/saved/lines readLines. Knows no file.
import type { LayerProbe } from '../contract/app/series.ts';
import type { SavedNumber } from '../contract/numbers.ts';
import { decodeList, type LayersLine } from '../contract/saved/lines.ts';
import type { Delta } from './columns.ts';
import { isInt, LineBreaker, parsed } from './jsonl.ts';

/** layers.jsonl as probes of the patch tokens. `check` says whether a parsed line is one of a probe. */
export class LayerRows {
  broken = 0;
  readonly #lines = new LineBreaker();
  readonly #check: (value: unknown) => LayersLine | undefined;
  #kept = new Map<string, LayersLine>();
  #sorted = true;
  #last = Number.NEGATIVE_INFINITY;
  #given = -1;

  constructor(check: (value: unknown) => LayersLine | undefined) {
    this.#check = check;
  }
  push(text: string): void {
    this.#lines.push(text, (line) => this.#take(line));
  }
  end(): void {
    this.#lines.end((line) => this.#take(line));
  }
  /** Every probe once, in rising step. */
  lines(): LayersLine[] {
    const lines = [...this.#kept.values()];
    return this.#sorted ? lines : lines.sort((a, b) => a.step - b.step);
  }
  probes(): LayerProbe[] {
    return probesOf(this.lines());
  }
  /** As MetricColumns.delta. */
  delta(): Delta<LayerProbe[]> {
    const lines = this.lines();
    const whole = this.#given < 0 || !this.#sorted;
    const data = probesOf(lines.slice(whole ? 0 : this.#given));
    this.#given = lines.length;
    return { whole, data };
  }

  #take(text: string): void {
    const value = parsed(text);
    if (value && isInt(value.resumed_from)) this.#rewind(value.resumed_from);
    else this.#keep(value && this.#check(value));
  }

  #keep(line: LayersLine | undefined): void {
    if (!line) {
      this.broken++;
      return;
    }
    const key = `${line.step} ${line.tap} ${line.tokens} ${line.probe.split}`;
    if (this.#kept.delete(key)) this.#given = -1;
    this.#kept.set(key, line);
    if (line.step < this.#last) this.#sorted = false;
    this.#last = line.step;
  }

  #rewind(to: number): void {
    for (const [key, line] of this.#kept)
      if (line.step > to) {
        this.#kept.delete(key);
        this.#given = -1;
      }
    if (this.#sorted) this.#last = Math.min(this.#last, to);
  }
}

const probesOf = (lines: readonly LayersLine[]): LayerProbe[] => lines.filter((l) => l.tokens === 'patches').map(probe);

function probe({ step, epoch, probe, tap, metrics, spread }: LayersLine): LayerProbe {
  const both = ({ q10, q90 }: { q10: SavedNumber[]; q90: SavedNumber[] }) => ({
    q10: decodeList(q10),
    q90: decodeList(q90),
  });
  return {
    step,
    epoch,
    ...probe,
    tap,
    metrics: Object.fromEntries(Object.entries(metrics).map(([id, values]) => [id, decodeList(values)])),
    spread: Object.fromEntries(Object.entries(spread).map(([id, band]) => [id, both(band)])),
  };
}
