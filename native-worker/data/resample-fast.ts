// resample.ts on colour images, four values at a time in WebAssembly (resample.wat): the same bytes in a fifth of the time. Whatever is
// not the common case goes to the twin.
import { type Axis, axisOf, type Interpolation, type Raster, resample, type View } from './resample.ts';
import { code } from './resample-code.ts';

/** What is used of it here; Node's types leave it to the DOM's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Pass = (
  from: number,
  strideOrLength: number,
  rowsOrFirst: number,
  starts: number,
  counts: number,
  weights: number,
  taps: number,
  count: number,
  to: number,
) => void;

interface Passes {
  readonly memory: Memory;
  readonly along: Pass;
  readonly across: Pass;
}

let passes: Passes | undefined;
/** A few hundred bytes, compiled when the first image is resized. */
function compiled(): Passes {
  passes ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, 'base64'))).exports as Passes;
  return passes;
}

/** Rows of the image that are in the module's memory at a time. */
const stripRows = 64;
/** What the module reads and writes past the end of a row. */
const slack = 16;

/** As resample(). */
export function resampleFast(image: Raster, view: View, interpolation: Interpolation, out: Uint8Array): void {
  const { box, window } = view;
  if (image.channels !== 3 || box.width === view.width || box.height === view.height) {
    resample(image, view, interpolation, out);
    return;
  }
  const horizontal = axisOf(box.width, view.width, window.left, window.width, interpolation);
  const vertical = axisOf(box.height, view.height, window.top, window.height, interpolation);
  const first = vertical.starts[0]!;
  const rows = vertical.starts[window.height - 1]! + vertical.counts[window.height - 1]! - first;
  const stride = image.width * 3;
  const rowIn = box.width * 3;
  const rowOut = window.width * 3;

  const { memory, along, across } = compiled();
  const room = new Room();
  const h = room.axis(horizontal);
  const v = room.axis(vertical);
  const strip = room.take(stripRows * rowIn + slack);
  const between = room.take(rows * rowOut + slack);
  const result = room.take(window.height * rowOut + slack);
  room.fill(memory);
  const bytes = new Uint8Array(memory.buffer);
  for (let y = 0; y < rows; y += stripRows) {
    const count = Math.min(stripRows, rows - y);
    const origin = (box.top + first + y) * stride + box.left * 3;
    if (rowIn === stride) bytes.set(image.data.subarray(origin, origin + count * stride), strip);
    else
      for (let r = 0; r < count; r++)
        bytes.set(image.data.subarray(origin + r * stride, origin + r * stride + rowIn), strip + r * rowIn);
    along(strip, rowIn, count, h.starts, h.counts, h.weights, h.taps, window.width, between + y * rowOut);
  }
  across(between, rowOut, first, v.starts, v.counts, v.weights, v.taps, window.height, result);
  out.set(bytes.subarray(result, result + window.height * rowOut));
}

interface PlacedAxis {
  readonly starts: number;
  readonly counts: number;
  readonly weights: number;
  readonly taps: number;
}

/** Lays out the module's memory: places are multiples of 16. */
class Room {
  #end = 0;
  readonly #values: { at: number; values: Int32Array }[] = [];

  take(bytes: number): number {
    const at = this.#end;
    this.#end += (bytes + 15) & ~15;
    return at;
  }

  axis({ starts, counts, weights, taps }: Axis): PlacedAxis {
    const placed = (values: Int32Array) => {
      const at = this.take(values.byteLength);
      this.#values.push({ at, values });
      return at;
    };
    return { starts: placed(starts), counts: placed(counts), weights: placed(weights), taps };
  }

  fill(memory: Memory): void {
    const missing = this.#end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const words = new Int32Array(memory.buffer);
    for (const { at, values } of this.#values) words.set(values, at >> 2);
  }
}
