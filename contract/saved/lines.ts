// The append-only files of a run folder: metrics.jsonl and layers.jsonl. A torn last line is tolerated; of a step, the last line counts.
import { z } from 'zod';
import { decodeNumber, encodeNumber, savedNumber } from '../numbers.ts';
import { probeMetrics, taps } from '../recipe.ts';

export const resumedLine = z.object({ resumed_from: z.int() });

/** step: optimiser steps done; epoch: passes done (fraction); wall: seconds of training over all attempts; then tag: value. */
export const metricsLine = z.object({ step: z.int(), epoch: z.number(), wall: z.number() }).catchall(savedNumber);
export type MetricsLine = z.infer<typeof metricsLine>;

const perLayer = z.array(savedNumber);
export const layersLine = z.object({
  step: z.int(),
  epoch: z.number(),
  /** Which probe set: its split and number of images. */
  probe: z.object({ split: z.enum(['val', 'train']), images: z.int() }),
  tap: z.enum(taps),
  /** Tokens measured: patches, class token excluded. */
  tokens: z.enum(['patches', 'cls']),
  /** Mean over images, per layer 0 … L. */
  metrics: z.partialRecord(z.enum(probeMetrics), perLayer),
  /** Quantiles over images, per layer. */
  spread: z.partialRecord(z.enum(probeMetrics), z.object({ q10: perLayer, q90: perLayer })),
});
export type LayersLine = z.infer<typeof layersLine>;

/** Scalars by tag → the saved form. */
export function encodeScalars(values: Readonly<Record<string, number>>): Record<string, z.infer<typeof savedNumber>> {
  return Object.fromEntries(Object.entries(values).map(([k, v]) => [k, encodeNumber(v)]));
}

export const encodeList = (xs: ArrayLike<number>): z.infer<typeof savedNumber>[] => Array.from(xs, encodeNumber);
export const decodeList = (xs: readonly z.infer<typeof savedNumber>[]): number[] => xs.map(decodeNumber);

/**
 * Lines of a jsonl file as a reader sees them, taken in one by one: the last line of a step (and of `key`) counts, steps after a resume
 * point that were written before it are dropped until they are written again, unreadable lines (a torn one) are counted, not fatal.
 */
export class LineReader<T extends { step: number }> {
  broken = 0;
  readonly #schema: z.ZodType<T>;
  readonly #key: (line: T) => string;
  readonly #kept = new Map<string, T>();

  constructor(schema: z.ZodType<T>, key: (line: T) => string = (line) => String(line.step)) {
    this.#schema = schema;
    this.#key = key;
  }

  take(raw: string): void {
    if (!raw) return;
    const value = parseJson(raw);
    const resumed = resumedLine.safeParse(value);
    if (resumed.success) {
      for (const [k, line] of this.#kept) if (line.step > resumed.data.resumed_from) this.#kept.delete(k);
      return;
    }
    const line = this.#schema.safeParse(value);
    if (!line.success) {
      this.broken++;
      return;
    }
    const key = this.#key(line.data);
    this.#kept.delete(key);
    this.#kept.set(key, line.data);
  }

  /** In rising step. */
  lines(): T[] {
    return [...this.#kept.values()].sort((a, b) => a.step - b.step);
  }
}

/** A whole file at once, by LineReader. */
export function readLines<T extends { step: number }>(
  text: string,
  schema: z.ZodType<T>,
  key?: (line: T) => string,
): { lines: T[]; broken: number } {
  const reader = new LineReader(schema, key);
  for (const raw of text.split('\n')) reader.take(raw);
  return { lines: reader.lines(), broken: reader.broken };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a torn or damaged line: counted by the caller
  }
}
