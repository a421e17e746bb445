// Pages of thumbnails: which are needed for what is in view, which are kept. It knows neither the backend nor a canvas.
import type { Thumbnails } from '../../../contract/app/datasets.ts';

export const pageSize = 100;
/** Pages and bytes held at once; the ones looked at longest ago go first. */
const most = 40;
const mostBytes = 64 * 2 ** 20;

export interface Grid {
  columns: number;
  /** Images from `from` up to, not including, `to`. */
  from: number;
  to: number;
  /** Pixels above the first of them, and of the whole. */
  above: number;
  height: number;
}

/** Which of `total` images a window `viewHeight` high, `scrolled` down, shows; two rows more at either end. */
export function gridOf(
  total: number,
  cell: { width: number; height: number },
  width: number,
  viewHeight: number,
  scrolled: number,
): Grid {
  const columns = Math.max(1, Math.floor(width / cell.width));
  const rows = Math.ceil(total / columns);
  const first = Math.min(Math.max(0, Math.floor(scrolled / cell.height) - 2), Math.max(0, rows - 1));
  const last = Math.min(rows, Math.ceil((scrolled + viewHeight) / cell.height) + 2);
  return {
    columns,
    from: first * columns,
    to: Math.min(total, Math.max(first, last) * columns),
    above: first * cell.height,
    height: rows * cell.height,
  };
}

/** Numbers of the pages that hold images `from` … `to` - 1. */
export function pagesOf(from: number, to: number): number[] {
  if (to <= from) return [];
  const first = Math.floor(from / pageSize);
  return Array.from({ length: Math.floor((to - 1) / pageSize) - first + 1 }, (_, i) => first + i);
}

export interface Thumbnail {
  label: number;
  /** RGBA, as a canvas takes it. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** One image of a page as RGBA; one channel becomes grey. */
export function thumbnailOf(page: Thumbnails, index: number): Thumbnail | undefined {
  const label = page.labels[index];
  if (label === undefined) return undefined;
  const { width, height, channels } = page;
  const start = index * width * height * channels;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const at = start + i * channels;
    const [r, g, b] = channels === 1 ? [at, at, at] : [at, at + 1, at + 2];
    pixels[4 * i] = page.pixels[r] ?? 0;
    pixels[4 * i + 1] = page.pixels[g] ?? 0;
    pixels[4 * i + 2] = page.pixels[b] ?? 0;
    pixels[4 * i + 3] = 255;
  }
  return { label, pixels };
}

/** The pages at hand, least recently used first. */
export class PageStore {
  #pages = new Map<number, Thumbnails>();
  get(page: number): Thumbnails | undefined {
    const found = this.#pages.get(page);
    if (found) {
      this.#pages.delete(page);
      this.#pages.set(page, found);
    }
    return found;
  }
  has(page: number): boolean {
    return this.#pages.has(page);
  }
  put(page: number, thumbnails: Thumbnails): void {
    this.#pages.delete(page);
    this.#pages.set(page, thumbnails);
    let bytes = 0;
    for (const { pixels } of this.#pages.values()) bytes += pixels.byteLength;
    for (const [old, { pixels }] of this.#pages) {
      if ((this.#pages.size <= most && bytes <= mostBytes) || this.#pages.size === 1) break;
      this.#pages.delete(old);
      bytes -= pixels.byteLength;
    }
  }
}
