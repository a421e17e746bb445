// Resizing with antialiasing, bit for bit as Pillow's Image.resize does it on 8-bit images (src/libImaging/Resample.c): two passes of a
// stretched kernel, weights in fixed point of 22 bits, 8 bits between the passes. The obvious twin of resample-fast.ts. Knows no files.

export type Interpolation = 'bicubic' | 'bilinear';

/** A rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the square that is wanted lies: `box` of the image is resized to width x height, of which `window` is kept. */
export interface View {
  readonly box: Box;
  readonly width: number;
  readonly height: number;
  readonly window: Box;
}

/** uint8 (height, width, channels). */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

const precision = 22;
const half = 1 << (precision - 1);

/** Kernels on |x|: triangle, and Keys' cubic with a = -0.5. */
const kernels: Readonly<Record<Interpolation, { support: number; at(x: number): number }>> = {
  bilinear: { support: 1, at: (x) => (x < 1 ? 1 - x : 0) },
  bicubic: {
    support: 2,
    at: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  },
};

/** Of one axis of a resize: output i is the sum over t < counts[i] of weights[i * taps + t] times input starts[i] + t. */
export interface Axis {
  taps: number;
  starts: Int32Array;
  counts: Int32Array;
  weights: Int32Array;
}

/** Outputs from … from+count-1 of `size` inputs resized to `wanted`. */
export function axisOf(size: number, wanted: number, from: number, count: number, interpolation: Interpolation): Axis {
  const kernel = kernels[interpolation];
  const scale = size / wanted;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * taps);
  const row = new Float64Array(taps);
  for (let i = 0; i < count; i++) {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const n = Math.min(size, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let t = 0; t < n; t++) {
      const w = kernel.at(Math.abs((start + t - centre + 0.5) * (1 / stretch)));
      row[t] = w;
      sum += w;
    }
    for (let t = 0; t < n; t++) {
      const w = (sum === 0 ? row[t]! : row[t]! / sum) * (1 << precision);
      weights[i * taps + t] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
    starts[i] = start;
    counts[i] = n;
  }
  return { taps, starts, counts, weights };
}

/** Kept between calls: what lies between the passes. */
let between = new Uint8Array(0);

/** The view of an image, written to `out` from `at` on: uint8 (window.height, window.width, channels). */
export function resample(image: Raster, view: View, interpolation: Interpolation, out: Uint8Array, at = 0): void {
  const { box, window } = view;
  const { channels } = image;
  const stride = image.width * channels;
  const origin = box.top * stride + box.left * channels;
  const rowOut = window.width * channels;
  if (box.width === view.width && box.height === view.height) {
    for (let y = 0; y < window.height; y++) {
      const from = origin + (window.top + y) * stride + window.left * channels;
      out.set(image.data.subarray(from, from + rowOut), at + y * rowOut);
    }
    return;
  }
  const vertical = axisOf(box.height, view.height, window.top, window.height, interpolation);
  const first = vertical.starts[0]!;
  const last = window.height - 1;
  const rows = vertical.starts[last]! + vertical.counts[last]! - first;
  let [source, from, step] = [image.data, origin + first * stride, stride];
  if (box.width === view.width) from += window.left * channels;
  else {
    const alone = box.height === view.height;
    if (!alone && between.length < rows * rowOut) between = new Uint8Array(rows * rowOut);
    const horizontal = axisOf(box.width, view.width, window.left, window.width, interpolation);
    const [target, start] = alone ? [out, at] : [between, 0];
    for (let y = 0; y < rows; y++) {
      if (channels === 3) alongRow3(image.data, from + y * stride, horizontal, target, start + y * rowOut);
      else alongRow1(image.data, from + y * stride, horizontal, target, start + y * rowOut);
    }
    if (alone) return;
    [source, from, step] = [between, 0, rowOut];
  }
  for (let y = 0; y < window.height; y++)
    acrossRows(source, from + (vertical.starts[y]! - first) * step, step, vertical, y, rowOut, out, at + y * rowOut);
}

const clip = (sum: number): number => {
  const v = sum >> precision;
  return v < 0 ? 0 : Math.min(v, 255);
};

function alongRow3(source: Uint8Array, from: number, axis: Axis, out: Uint8Array, at: number): void {
  const { taps, starts, counts, weights } = axis;
  for (let x = 0; x < starts.length; x++) {
    let p = from + starts[x]! * 3;
    let k = x * taps;
    const end = k + counts[x]!;
    let r = half;
    let g = half;
    let b = half;
    for (; k < end; k++, p += 3) {
      const w = weights[k]!;
      r = (r + Math.imul(source[p]!, w)) | 0;
      g = (g + Math.imul(source[p + 1]!, w)) | 0;
      b = (b + Math.imul(source[p + 2]!, w)) | 0;
    }
    out[at] = clip(r);
    out[at + 1] = clip(g);
    out[at + 2] = clip(b);
    at += 3;
  }
}

function alongRow1(source: Uint8Array, from: number, axis: Axis, out: Uint8Array, at: number): void {
  const { taps, starts, counts, weights } = axis;
  for (let x = 0; x < starts.length; x++) {
    const p = from + starts[x]!;
    const n = counts[x]!;
    let sum = half;
    for (let t = 0; t < n; t++) sum = (sum + Math.imul(source[p + t]!, weights[x * taps + t]!)) | 0;
    out[at + x] = clip(sum);
  }
}

/** One output row of the second pass. */
function acrossRows(
  source: Uint8Array,
  from: number,
  step: number,
  axis: Axis,
  y: number,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  const { weights, taps } = axis;
  const n = axis.counts[y]!;
  const first = y * taps;
  for (let x = 0; x < length; x++) {
    let sum = half;
    let p = from + x;
    for (let t = 0; t < n; t++, p += step) sum = (sum + Math.imul(source[p]!, weights[first + t]!)) | 0;
    out[at + x] = clip(sum);
  }
}
