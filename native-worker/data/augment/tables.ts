// Operations that replace every level by another: a table of 256 levels, one for all channels or one for each.
// Arithmetic as in Pillow's ImageOps, ImageEnhance and Blend.c, level for level.
import type { Image } from './image.ts';

/** uint8 (256) for all channels, or (channels, 256). */
export type Table = Uint8Array;

const levels = (of: (level: number) => number): Table => Uint8Array.from({ length: 256 }, (_, i) => of(i));

export function throughTable({ data, channels }: Image, table: Table, to: Uint8Array): void {
  const n = data.length;
  if (channels === 1 || table.length === 256) for (let i = 0; i < n; i++) to[i] = table[data[i]!]!;
  else
    for (let i = 0; i < n; i += 3) {
      to[i] = table[data[i]!]!;
      to[i + 1] = table[256 + data[i + 1]!]!;
      to[i + 2] = table[512 + data[i + 2]!]!;
    }
}

/** Counts of the levels, (channels, 256). */
function histogram({ data, channels }: Image): Uint32Array {
  const counts = new Uint32Array(256 * channels);
  const n = data.length;
  if (channels === 1) for (let i = 0; i < n; i++) counts[data[i]!]!++;
  else
    for (let i = 0; i < n; i += 3) {
      counts[data[i]!]!++;
      counts[256 + data[i + 1]!]!++;
      counts[512 + data[i + 2]!]!++;
    }
  return counts;
}

/** (channels, 256): one table for each channel from its own counts. */
function byChannel(image: Image, of: (counts: Uint32Array) => (level: number) => number): Table {
  const counts = histogram(image);
  const table = new Uint8Array(counts.length);
  for (let c = 0; c < counts.length; c += 256) {
    const level = of(counts.subarray(c, c + 256));
    for (let i = 0; i < 256; i++) table[c + i] = level(i);
  }
  return table;
}

/** ImageOps.autocontrast: each channel stretched from its least and most level to 0 … 255. */
export const autoContrast = (image: Image): Table =>
  byChannel(image, (counts) => {
    const least = counts.findIndex((n) => n > 0);
    const most = counts.findLastIndex((n) => n > 0);
    if (most <= least) return (i) => i;
    const scale = 255 / (most - least);
    const offset = -least * scale;
    return (i) => Math.max(0, Math.min(255, Math.trunc(i * scale + offset)));
  });

/** ImageOps.equalize: each channel's levels spread evenly. */
export const equalize = (image: Image): Table =>
  byChannel(image, (counts) => {
    const most = counts.findLastIndex((n) => n > 0);
    const step = Math.floor((image.width * image.height - counts[most]!) / 255);
    if (step === 0) return (i) => i;
    let n = step >> 1;
    return (i) => {
      const level = Math.min(255, Math.floor(n / step));
      n += counts[i]!;
      return level;
    };
  });

export const invert = (): Table => levels((i) => 255 - i);

/** Keeps the upper `bits` bits, 0 … 8. */
export const posterize = (bits: number): Table => levels((i) => i & ~(2 ** (8 - Math.min(8, bits)) - 1));

/** Inverts from the threshold up. */
export const solarize = (threshold: number): Table => levels((i) => (i < threshold ? i : 255 - i));

/** Adds to what is below 128. */
export const solarizeAdd = (add: number): Table => levels((i) => (i < 128 ? Math.min(255, i + add) : i));

/** Image.blend of one pair of levels, in float32 and cut off as in Blend.c; `alpha` is a float32. */
export function blend(from: number, to: number, alpha: number): number {
  const level = Math.fround(from + Math.fround(alpha * (to - from)));
  return level <= 0 ? 0 : level >= 255 ? 255 : level | 0;
}

/** ImageEnhance.Brightness: between black (0) and the image (1), and beyond. */
export function brightness(factor: number): Table {
  const alpha = Math.fround(factor);
  return levels((i) => blend(0, i, alpha));
}

/** ImageEnhance.Contrast: between the image's mean grey (0) and the image (1), and beyond. */
export function contrast(image: Image, factor: number): Table {
  const alpha = Math.fround(factor);
  const mean = Math.floor(meanGrey(image) + 0.5);
  return levels((i) => blend(mean, i, alpha));
}

/** Grey as Pillow converts RGB to L (Convert.c, L24). */
export const grey = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

function meanGrey({ data, channels, width, height }: Image): number {
  let sum = 0;
  const n = data.length;
  if (channels === 1) for (let i = 0; i < n; i++) sum += data[i]!;
  else for (let i = 0; i < n; i += 3) sum += grey(data[i]!, data[i + 1]!, data[i + 2]!);
  return sum / (width * height);
}
