// Affine transforms as Pillow's Geometry.c samples them: in float64, neighbours clamped at the border, cut off to whole levels.
// A place outside the image takes the fill colour.
import type { Image } from './image.ts';

/** From a place in the result to one in the image: x' = a·x + b·y + c, y' = d·x + e·y + f; in pixels, centres at halves. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface Sampling {
  readonly interpolation: 'bilinear' | 'bicubic';
  /** A level for each channel. */
  readonly fill: readonly number[];
}

export const shearX = (factor: number): Matrix => [1, factor, 0, 0, 1, 0];
export const shearY = (factor: number): Matrix => [1, 0, 0, factor, 1, 0];
export const translateX = (pixels: number): Matrix => [1, 0, pixels, 0, 1, 0];
export const translateY = (pixels: number): Matrix => [1, 0, 0, 0, 1, pixels];

/** Counter-clockwise about the centre (PIL.Image.rotate). */
export function rotation(degrees: number, width: number, height: number): Matrix {
  const angle = -degrees * (Math.PI / 180);
  const to15 = (x: number) => Math.round(x * 1e15) / 1e15;
  const cos = to15(Math.cos(angle));
  const sin = to15(Math.sin(angle));
  const x = width / 2;
  const y = height / 2;
  return [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y];
}

/** The image under the matrix into `to`, of the same size. */
export function affine(image: Image, matrix: Matrix, { interpolation, fill }: Sampling, to: Uint8Array): void {
  const [a, b, c, d, e, f] = matrix;
  const cubic = interpolation === 'bicubic';
  if (d === 0 && e === 1 && f === 0) alongRows(image, matrix, cubic, fill, to);
  else if (a === 1 && b === 0 && c === 0) alongColumns(image, matrix, cubic, fill, to);
  else if (cubic) bicubic(image, matrix, fill, to);
  else bilinear(image, matrix, fill, to);
}

type Fill = Sampling['fill'];

function fillPixel(to: Uint8Array, at: number, channels: number, fill: Fill): void {
  for (let k = 0; k < channels; k++) to[at + k] = fill[k]!;
}

const clamp = (i: number, size: number): number => (i < 0 ? 0 : i < size ? i : size - 1);

/** The cubic through four levels, at d between the second and the third (Geometry.c, BICUBIC; a = -1). */
const cubicAt = (v1: number, v2: number, v3: number, v4: number, d: number): number =>
  v2 + d * (v3 - v1 + d * (2 * (v1 - v2) + v3 - v4 + d * (v2 - v1 - v3 + v4)));

const level = (v: number): number => (v <= 0 ? 0 : v >= 255 ? 255 : v | 0);

/** y' = y: rows stay what they are. */
function alongRows(image: Image, [a, b, c]: Matrix, cubic: boolean, fill: Fill, to: Uint8Array): void {
  const { data, width, height, channels } = image;
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < width; x++) {
      const place = a * (x + 0.5) + b * (y + 0.5) + c;
      const at = row + x * channels;
      if (place < 0 || place >= width) fillPixel(to, at, channels, fill);
      else line(data, to, at, row, channels, channels, width, place - 0.5, cubic);
    }
  }
}

/** x' = x: columns stay what they are. */
function alongColumns(image: Image, [, , , d, e, f]: Matrix, cubic: boolean, fill: Fill, to: Uint8Array): void {
  const { data, width, height, channels } = image;
  const row = width * channels;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const place = d * (x + 0.5) + e * (y + 0.5) + f;
      const column = x * channels;
      if (place < 0 || place >= height) fillPixel(to, y * row + column, channels, fill);
      else line(data, to, y * row + column, column, row, channels, height, place - 0.5, cubic);
    }
}

/** One pixel from a line of `size` pixels that starts at `from` and goes on by `stride`, at `place` pixels from its start. */
function line(
  data: Uint8Array,
  to: Uint8Array,
  at: number,
  from: number,
  stride: number,
  channels: number,
  size: number,
  place: number,
  cubic: boolean,
): void {
  const first = Math.floor(place);
  const share = place - first;
  const i1 = from + clamp(first, size) * stride;
  const i2 = from + clamp(first + 1, size) * stride;
  if (!cubic) {
    for (let k = 0; k < channels; k++) {
      const v = data[i1 + k]!;
      to[at + k] = v + (data[i2 + k]! - v) * share;
    }
    return;
  }
  const i0 = from + clamp(first - 1, size) * stride;
  const i3 = from + clamp(first + 2, size) * stride;
  for (let k = 0; k < channels; k++)
    to[at + k] = level(cubicAt(data[i0 + k]!, data[i1 + k]!, data[i2 + k]!, data[i3 + k]!, share));
}

function bilinear(image: Image, [a, b, c, d, e, f]: Matrix, fill: Fill, to: Uint8Array): void {
  const { data, width, height, channels } = image;
  const row = width * channels;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += channels) {
      const px = a * (x + 0.5) + b * (y + 0.5) + c;
      const py = d * (x + 0.5) + e * (y + 0.5) + f;
      if (px < 0 || px >= width || py < 0 || py >= height) {
        fillPixel(to, at, channels, fill);
        continue;
      }
      const left = Math.floor(px - 0.5);
      const above = Math.floor(py - 0.5);
      const dx = px - 0.5 - left;
      const dy = py - 0.5 - above;
      const x0 = clamp(left, width) * channels;
      const x1 = clamp(left + 1, width) * channels;
      const y0 = clamp(above, height) * row;
      const y1 = clamp(above + 1, height) * row;
      for (let k = 0; k < channels; k++) {
        const first = data[y0 + x0 + k]!;
        const second = data[y1 + x0 + k]!;
        const upper = first + (data[y0 + x1 + k]! - first) * dx;
        const lower = second + (data[y1 + x1 + k]! - second) * dx;
        to[at + k] = upper + (lower - upper) * dy;
      }
    }
}

function bicubic(image: Image, [a, b, c, d, e, f]: Matrix, fill: Fill, to: Uint8Array): void {
  const { data, width, height, channels } = image;
  const row = width * channels;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += channels) {
      const px = a * (x + 0.5) + b * (y + 0.5) + c;
      const py = d * (x + 0.5) + e * (y + 0.5) + f;
      if (px < 0 || px >= width || py < 0 || py >= height) {
        fillPixel(to, at, channels, fill);
        continue;
      }
      const left = Math.floor(px - 0.5);
      const above = Math.floor(py - 0.5);
      const dx = px - 0.5 - left;
      const dy = py - 0.5 - above;
      const x0 = clamp(left - 1, width) * channels;
      const x1 = clamp(left, width) * channels;
      const x2 = clamp(left + 1, width) * channels;
      const x3 = clamp(left + 2, width) * channels;
      const y0 = clamp(above - 1, height) * row;
      const y1 = clamp(above, height) * row;
      const y2 = clamp(above + 1, height) * row;
      const y3 = clamp(above + 2, height) * row;
      for (let k = 0; k < channels; k++) {
        const v0 = cubicAt(data[y0 + x0 + k]!, data[y0 + x1 + k]!, data[y0 + x2 + k]!, data[y0 + x3 + k]!, dx);
        const v1 = cubicAt(data[y1 + x0 + k]!, data[y1 + x1 + k]!, data[y1 + x2 + k]!, data[y1 + x3 + k]!, dx);
        const v2 = cubicAt(data[y2 + x0 + k]!, data[y2 + x1 + k]!, data[y2 + x2 + k]!, data[y2 + x3 + k]!, dx);
        const v3 = cubicAt(data[y3 + x0 + k]!, data[y3 + x1 + k]!, data[y3 + x2 + k]!, data[y3 + x3 + k]!, dx);
        to[at + k] = level(cubicAt(v0, v1, v2, v3, dy));
      }
    }
}
