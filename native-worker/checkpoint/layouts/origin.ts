// Where a tensor of ours comes from in a file of another layout, as plain data, and its values from there, in pieces.
// Knows nothing of layouts.
import { asFloat32, type Dtype, elementBytes } from '../dtypes.ts';
import { checkpointInvalid } from '../file-bytes.ts';
import type { TensorFile } from '../tensor-file.ts';
import { elementsOf, rowMajor } from '../views.ts';

/** Values in row-major order; the shape they are given then is their reader's. */
export type Origin =
  /** A tensor that must have `shape` there; `at`: its part at one index of the first axis; then its axes in the order `axes`. */
  | { kind: 'take'; tensor: string; shape: readonly number[]; at?: number; axes?: readonly number[] }
  /** One after another along the first axis. */
  | { kind: 'join'; parts: readonly Origin[] }
  | { kind: 'zeros'; count: number };

export const take = (tensor: string, shape: readonly number[], axes?: readonly number[]): Origin =>
  axes === undefined ? { kind: 'take', tensor, shape } : { kind: 'take', tensor, shape, axes };
export const join = (...parts: Origin[]): Origin => ({ kind: 'join', parts });
export const zeros = (count: number): Origin => ({ kind: 'zeros', count });

/** Every tensor of the file that an origin takes, with the shape it must have. */
export function taken(origin: Origin): { tensor: string; shape: readonly number[] }[] {
  if (origin.kind === 'join') return origin.parts.flatMap(taken);
  return origin.kind === 'take' ? [origin] : [];
}

/** Types of weights that are read, and written as they are. */
export const floats = ['F32', 'F16', 'BF16'] as const;
export type Float = (typeof floats)[number];
export const isFloat = (dtype: Dtype): dtype is Float => floats.some((f) => f === dtype);

/** A tensor of a model, by our names. */
export interface ModelTensor {
  readonly shape: readonly number[];
  /** What `chunks` gives: the file's own type where it has one, else F32. */
  readonly dtype: Float;
  /** Throws CHECKPOINT_INVALID for values that are not finite. */
  read(): Float32Array;
  /** Bytes, little-endian and row-major, in pieces of about `maxBytes`. Throws as `read`. */
  chunks(maxBytes: number): Generator<Uint8Array<ArrayBuffer>>;
}

const pieceBytes = 2 ** 22;

/** An origin whose tensors were checked to be there and to be floats. Memory: one piece, or one tensor where axes change places. */
export function fromOrigin(file: TensorFile, origin: Origin, shape: readonly number[]): ModelTensor {
  const dtypes = new Set(taken(origin).map(({ tensor }) => file.tensors.get(tensor)?.dtype ?? 'F32'));
  const [only = 'F32'] = dtypes;
  const dtype = dtypes.size === 1 && isFloat(only) ? only : 'F32';
  return {
    shape,
    dtype,
    read() {
      const out = new Float32Array(elementsOf(shape) ?? 0);
      let done = 0;
      for (const piece of pieces(file, origin, pieceBytes)) {
        const values = floatsOf(piece);
        out.set(values, done);
        done += values.length;
      }
      return out;
    },
    *chunks(maxBytes) {
      for (const piece of pieces(file, origin, maxBytes))
        yield piece.dtype === dtype || piece.dtype === 'zeros' ? piece.bytes : bytesOf(floatsOf(piece));
    },
  };

  function* pieces(file: TensorFile, from: Origin, maxBytes: number): Generator<Piece> {
    switch (from.kind) {
      case 'join':
        for (const part of from.parts) yield* pieces(file, part, maxBytes);
        return;
      case 'zeros':
        yield { dtype: 'zeros', bytes: new Uint8Array(from.count * elementBytes[dtype]), count: from.count };
        return;
      case 'take':
        for (const bytes of from.axes ? [moved(file, from, from.axes)] : file.chunks(from.tensor, maxBytes, from.at)) {
          const of = dtypeOf(file, from.tensor);
          assertFinite(file.path, from.tensor, of, bytes);
          yield { dtype: of, bytes, count: bytes.length / elementBytes[of] };
        }
    }
  }
}

interface Piece {
  dtype: Dtype | 'zeros';
  bytes: Uint8Array<ArrayBuffer>;
  count: number;
}

const floatsOf = ({ dtype, bytes, count }: Piece): Float32Array =>
  (dtype === 'zeros' ? undefined : asFloat32(dtype, bytes.buffer)) ?? new Float32Array(count);

const bytesOf = (values: Float32Array): Uint8Array<ArrayBuffer> => new Uint8Array(new Float32Array(values).buffer);

/** A tensor that is computed when it is asked for. */
export const computed = (shape: readonly number[], read: () => Float32Array): ModelTensor => ({
  shape,
  dtype: 'F32',
  read,
  *chunks() {
    yield bytesOf(read());
  },
});

const dtypeOf = (file: TensorFile, tensor: string): Dtype => file.tensors.get(tensor)?.dtype ?? 'F32';

/** A whole tensor with its axes in another order. */
function moved(
  file: TensorFile,
  { tensor, shape, at }: Extract<Origin, { kind: 'take' }>,
  axes: readonly number[],
): Uint8Array<ArrayBuffer> {
  const from = at === undefined ? shape : shape.slice(1);
  const dtype = dtypeOf(file, tensor);
  const bytes = (elementsOf(from) ?? 0) * elementBytes[dtype];
  const [whole] = file.chunks(tensor, Math.max(bytes, 1), at);
  const out = new Uint8Array(bytes);
  if (!whole) return out;
  const strides = rowMajor(from);
  const sizes = axes.map((axis) => from[axis] ?? 1);
  const steps = axes.map((axis) => strides[axis] ?? 0);
  const words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[elementBytes[dtype]];
  reorder(new words(whole.buffer), new words(out.buffer), sizes, steps);
  return out;
}

/** into[i0, i1, …] = from[Σ i_a steps_a]. */
function reorder<T extends Uint8Array | Uint16Array | Uint32Array | BigUint64Array>(
  from: T,
  into: T,
  sizes: readonly number[],
  steps: readonly number[],
): void {
  const last = sizes.length - 1;
  const [inner, step] = [sizes[last] ?? 1, steps[last] ?? 0];
  const index = sizes.map(() => 0);
  let base = 0;
  for (let to = 0; to < into.length; to += inner) {
    for (let i = 0; i < inner; i++) into[to + i] = from[base + i * step] as T[number];
    for (let axis = last - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      base += steps[axis] ?? 0;
      if (next < (sizes[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      base -= next * (steps[axis] ?? 0);
      index[axis] = 0;
    }
  }
}

/** Bits of the exponent: all set in NaN and the infinities. */
const exponents: Partial<Record<Dtype, number>> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 };

function assertFinite(path: string, tensor: string, dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): void {
  const exponent = exponents[dtype];
  const bits =
    dtype === 'F32' ? new Uint32Array(bytes.buffer) : exponent === undefined ? [] : new Uint16Array(bytes.buffer);
  const broken =
    dtype === 'F64'
      ? new Float64Array(bytes.buffer).some((v) => !Number.isFinite(v))
      : exponent !== undefined && hasAll(bits, exponent);
  if (broken)
    throw checkpointInvalid(
      path,
      'holds values that are not finite',
      tensor,
      'The training that wrote it diverged; take an earlier checkpoint.',
    );
}

function hasAll(values: ArrayLike<number>, mask: number): boolean {
  for (let i = 0; i < values.length; i++) if (((values[i] as number) & mask) === mask) return true;
  return false;
}
