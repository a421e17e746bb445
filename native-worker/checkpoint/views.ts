// A tensor as a view (offset, shape, strides) of bytes that lie elsewhere, read whole or in pieces. Knows nothing of formats.
import { type Dtype, elementBytes } from './dtypes.ts';
import type { ByteSource } from './file-bytes.ts';

export interface View {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In elements, one for each axis; 0 repeats. */
  readonly strides: readonly number[];
  /** Of the first element, in bytes into the source. */
  readonly offset: number;
  readonly source: ByteSource;
  /** The bytes of each element are stored in the other order than this program's (little-endian). */
  readonly bigEndian?: boolean;
}

/** Number of elements; undefined where the product is no exact integer. */
export function elementsOf(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** Strides in elements of a tensor without holes, last axis fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.push(stride);
    stride *= size;
  }
  return strides.reverse();
}

/** Strides in elements with the first axis fastest (Fortran). */
export const columnMajor = (shape: readonly number[]): number[] => rowMajor(shape.toReversed()).reverse();

/**
 * Bytes that the view needs of its source; undefined where that is no exact integer. Shape and strides are exact integers
 * from 0 on.
 */
export function spanOf({ dtype, shape, strides, offset }: Omit<View, 'source'>): number | undefined {
  if (shape.includes(0)) return 0;
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 0);
  const end = offset + (last + 1) * elementBytes[dtype];
  return Number.isSafeInteger(end) ? end : undefined;
}

/** The part of a view at one index of its first axis, which must be there. */
export const partAt = (view: View, index: number): View => ({
  ...view,
  shape: view.shape.slice(1),
  strides: view.strides.slice(1),
  offset: view.offset + index * (view.strides[0] ?? 0) * elementBytes[view.dtype],
});

/** The view's elements in row-major order, little-endian, in pieces of at most `maxBytes` (at least one element). */
export function* pieces(view: View, maxBytes: number): Generator<Uint8Array<ArrayBuffer>> {
  const size = elementBytes[view.dtype];
  const total = elementsOf(view.shape) ?? 0;
  const step = Math.max(1, Math.floor(maxBytes / size));
  if (total === 0) return;
  const fill = filler({ ...view, source: view.source.hold?.() ?? view.source });
  for (let first = 0; first < total; first += step) {
    const piece = new Uint8Array(Math.min(step, total - first) * size);
    fill(piece, first);
    if (view.bigEndian && size > 1) swapBytes(piece, size);
    yield piece;
  }
}

type Fill = (into: Uint8Array, firstElement: number) => void;

function filler(view: View): Fill {
  const { dtype, shape, strides, offset, source } = view;
  const dense = rowMajor(shape);
  if (shape.every((size, axis) => size === 1 || strides[axis] === dense[axis]))
    return (into, first) => source.read(into, offset + first * elementBytes[dtype]);
  return gatherer(view);
}

/** Bytes of one page of the source, and pages kept: a gather needs 64 MiB at most whatever the strides. */
const pageBytes = 2 ** 18;
const pagesKept = 256;

function gatherer({ dtype, shape, strides, offset, source }: View): Fill {
  const size = elementBytes[dtype];
  const pages = new Map<number, Uint8Array>();
  const pageAt = (number: number): Uint8Array => {
    let page = pages.get(number);
    if (page) return page;
    if (pages.size >= pagesKept) pages.delete(pages.keys().next().value ?? 0);
    page = new Uint8Array(Math.min(pageBytes, source.bytes - number * pageBytes));
    source.read(page, number * pageBytes);
    pages.set(number, page);
    return page;
  };
  return (into, first) => {
    const index = shape.map(() => 0);
    let rest = first;
    let at = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1;
      index[axis] = rest % length;
      rest = Math.floor(rest / length);
      at += (index[axis] ?? 0) * (strides[axis] ?? 0) * size;
    }
    let number = -1;
    let page: Uint8Array = new Uint8Array();
    for (let to = 0; to < into.length; to += size) {
      const wanted = Math.floor(at / pageBytes);
      if (wanted !== number) {
        page = pageAt(wanted);
        number = wanted;
      }
      const from = at - number * pageBytes;
      for (let b = 0; b < size; b++) into[to + b] = page[from + b] ?? 0;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const stride = (strides[axis] ?? 0) * size;
        const next = (index[axis] ?? 0) + 1;
        if (next < (shape[axis] ?? 1)) {
          index[axis] = next;
          at += stride;
          break;
        }
        at -= (next - 1) * stride;
        index[axis] = 0;
      }
    }
  };
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}
