// Operations on a pixel and its neighbours or other channels: ImageEnhance.Color and Sharpness as Pillow computes them.
import type { Image } from './image.ts';
import { blend, grey } from './tables.ts';

/** ImageEnhance.Color: between grey (0) and the image (1), and beyond. A grey image stays as it is. */
export function color({ data, channels }: Image, factor: number, to: Uint8Array): void {
  if (channels === 1) {
    to.set(data);
    return;
  }
  const alpha = Math.fround(factor);
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i]!;
    const g = data[i + 1]!;
    const b = data[i + 2]!;
    const l = grey(r, g, b);
    to[i] = blend(l, r, alpha);
    to[i + 1] = blend(l, g, alpha);
    to[i + 2] = blend(l, b, alpha);
  }
}

/** Sum of the 3 x 3 weights (1 1 1, 1 5 1, 1 1 1) to the nearest level of a 13th of it. */
const thirteenth = Uint8Array.from({ length: 13 * 255 + 1 }, (_, sum) => Math.floor((2 * sum + 13) / 26));

/** ImageEnhance.Sharpness: between the smoothed image (0; ImageFilter.SMOOTH) and the image (1), and beyond. The outermost pixels stay. */
export function sharpness({ data, width, height, channels }: Image, factor: number, to: Uint8Array): void {
  const row = width * channels;
  to.set(data);
  if (width < 3 || height < 3) return;
  const alpha = Math.fround(factor);
  const columns = new Uint16Array(row);
  for (let y = 1; y < height - 1; y++) {
    const from = y * row;
    for (let x = 0; x < row; x++) columns[x] = data[from - row + x]! + data[from + x]! + data[from + row + x]!;
    for (let x = channels; x < row - channels; x++) {
      const own = data[from + x]!;
      const sum = columns[x - channels]! + columns[x]! + columns[x + channels]! + 4 * own;
      to[from + x] = blend(thirteenth[sum]!, own, alpha);
    }
  }
}
