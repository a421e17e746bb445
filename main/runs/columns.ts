// The numbers of a run for its charts, read without holding up the process: a file is taken piece by piece, and kept as columns.
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Curves, LayerProbe } from '../../contract/app/series.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { MetricColumns } from '../../core/columns.ts';
import { LayerRows } from '../../core/layer-rows.ts';
import { keepCurves, readCached } from './columns-cache.ts';
import { layersLineOf } from './layers-line.ts';

/** Bytes between two moments in which others get their turn: parsed in a few milliseconds. */
const piece = 2 ** 18;
/** Below this a file is parsed as fast as its columns are found. */
const leastCached = 2 ** 20;

export const metricsFile = (dir: string): string => path.join(dir, 'metrics.jsonl');
export const layersFile = (dir: string): string => path.join(dir, 'layers.jsonl');

/** A file that grows, read on from where the last reading ended. */
export class Tail {
  readonly #file: string;
  readonly #decoder = new StringDecoder('utf8');
  #at = 0;
  #inode = 0;
  constructor(file: string) {
    this.#file = file;
  }
  /** Takes what is new. False where the file is another or shorter than before: begin anew. Throws FILE_IO. */
  async read(take: (text: string) => void, signal?: AbortSignal): Promise<boolean> {
    let handle: fs.FileHandle;
    try {
      handle = await fs.open(this.#file, 'r');
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return this.#at === 0;
      throw UnsmoothError.from(e);
    }
    try {
      const { size, ino } = await handle.stat();
      if (size < this.#at || (this.#inode !== 0 && ino !== this.#inode)) return false;
      this.#inode = ino;
      const bytes = Buffer.allocUnsafe(Math.min(piece, Math.max(size - this.#at, 1)));
      while (this.#at < size && !signal?.aborted) {
        const { bytesRead } = await handle.read(bytes, 0, Math.min(bytes.length, size - this.#at), this.#at);
        if (bytesRead === 0) break;
        this.#at += bytesRead;
        take(this.#decoder.write(bytes.subarray(0, bytesRead)));
      }
      return true;
    } finally {
      await handle.close();
    }
  }
}

/** Curves of a run, by tag (null: all). `cache`: folder of the kept columns. Throws FILE_IO. */
export async function readCurves(dir: string, cache: string, tags: readonly string[] | null): Promise<Curves> {
  const file = metricsFile(dir);
  const state = await fs.stat(file).catch(() => undefined);
  if (!state) return {};
  const large = state.size >= leastCached;
  const kept = large ? await readCached(cache, file, state, tags) : undefined;
  if (kept) return kept;
  const columns = new MetricColumns();
  await new Tail(file).read((text) => columns.push(text));
  columns.end();
  const curves = columns.curves();
  if (large) await keepCurves(cache, file, state, curves);
  return tags ? Object.fromEntries(Object.entries(curves).filter(([tag]) => tags.includes(tag))) : curves;
}

/** Probes of a run, in rising step. Throws FILE_IO. */
export async function readProbes(dir: string): Promise<LayerProbe[]> {
  const rows = new LayerRows(layersLineOf);
  await new Tail(layersFile(dir)).read((text) => rows.push(text));
  rows.end();
  return rows.probes();
}
