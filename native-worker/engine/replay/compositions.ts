// Kernels that a backend lacks, gets wrong or runs slowly, made from others that it has.
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { TraceNode } from '../kernels/index.ts';
import { sizeOf } from '../spec.ts';
import { tf } from '../tfjs.ts';

export type Composition = (operands: readonly Tensor[], node: TraceNode) => Tensor;

/** Rows summed by segment as a product with the segments' one-hot matrix. */
const unsortedSegmentSum: Composition = ([x, ids], node) => {
  const count = ids!.size;
  const hot = tf.oneHot(ids!.reshape([count]), Number(node.attrs.numSegments)).toFloat();
  return tf.matMul(hot, x!.reshape([count, -1]), true).reshape([...node.shape]);
};

/** wasm's cast to bool keeps the lowest byte of a number instead of asking whether it is 0. */
const castToBool: Composition = ([x], node) =>
  node.dtype === 'bool' ? tf.notEqual(x!, tf.zerosLike(x!)) : tf.cast(x!, node.dtype);

/** wasm's one-hot knows integers only. */
const oneHot: Composition = ([indices], node) => {
  const { depth, onValue, offValue } = node.attrs;
  const hot = tf.equal(tf.expandDims(indices!, -1), tf.range(0, Number(depth), 1, 'int32'));
  const value = (v: unknown) => tf.fill([...node.shape], Number(v), node.dtype);
  return tf.where(hot, value(onValue), value(offValue));
};

/** wasm's gather ignores batch dimensions: one gather a row of the batch. */
const gather: Composition = ([x, indices], node) => {
  const axis = Number(node.attrs.axis);
  if (node.attrs.batchDims === 0)
    return tf.engine().runKernel('GatherV2', { x: x!, indices: indices! }, { axis, batchDims: 0 });
  const batch = node.attrs.batchDims as number;
  if (batch !== 1) throw new Error('gather with more than one batch dimension is not composed on wasm');
  const rows = tf.unstack(indices!);
  const parts = tf.unstack(x!).map((part, i) => tf.gather(part, rows[i] as Tensor1D, axis - 1));
  return tf.stack(parts);
};

/** wasm multiplies 2-D matrices as they lie at 14 GFLOP/s and transposed ones at 1: it is faster to transpose first. */
const matMul: Composition = ([a, b], node) => {
  const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
  if (node.shape.length > 2) return tf.matMul(a!, b!, transposeA, transposeB);
  return tf.matMul(transposeA ? tf.transpose(a!) : a!, transposeB ? tf.transpose(b!) : b!);
};

/** wasm transposes up to four axes 500 times faster than five: each axis is moved into place as a swap within four. */
const transpose: Composition = ([x], node) => {
  const order = x!.shape.map((_, axis) => axis);
  if (order.length <= 4) return tf.transpose(x!, node.attrs.perm as number[]);
  let moved = x!;
  (node.attrs.perm as number[]).forEach((axis, to) => {
    const from = order.indexOf(axis);
    if (from === to) return;
    const part = (begin: number, end: number) => sizeOf(order.slice(begin, end).map((a) => x!.shape[a]!));
    const four = [part(0, to), part(to, from), part(from, from + 1), part(from + 1, order.length)];
    moved = tf.transpose(tf.reshape(moved, four), [0, 2, 1, 3]);
    order.splice(to, 0, ...order.splice(from, 1));
  });
  return tf.reshape(moved, [...node.shape]);
};

/** webgpu's cast to float32 relabels the data and leaves it integer, which its own transpose then refuses: a product converts it. */
const castToFloat: Composition = ([x], node) => {
  const cast = tf.cast(x!, node.dtype);
  return node.dtype === 'float32' ? tf.mul(cast, 1) : cast;
};

/** webgpu's own All and Any begin with a transpose of bool, which it lacks. */
const logicalBy =
  (reduce: typeof tf.min): Composition =>
  ([x], node) => {
    const numbers = tf.mul(tf.cast(x!, 'float32'), 1);
    return tf.cast(reduce(numbers, node.attrs.axis as number[], node.attrs.keepDims === true), 'bool');
  };

const transposeBool: Composition = ([x], node) => {
  const perm = node.attrs.perm as number[];
  if (node.dtype !== 'bool') return tf.transpose(x!, perm);
  return tf.cast(tf.transpose(tf.mul(tf.cast(x!, 'float32'), 1), perm), 'bool');
};

/** webgpu's pad of more than four axes does not compile: one axis at a time, the others merged. */
const pad: Composition = ([x], node) => {
  const paddings = node.attrs.paddings as [number, number][];
  const value = Number(node.attrs.constantValue);
  if (paddings.length <= 4) return tf.pad(x!, paddings, value);
  const shape = [...x!.shape];
  return paddings.reduce<Tensor>((padded, [before, after], axis) => {
    if (before === 0 && after === 0) return padded;
    const three = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    shape[axis]! += before + after;
    return tf
      .pad(
        tf.reshape(padded, three),
        [
          [0, 0],
          [before, after],
          [0, 0],
        ],
        value,
      )
      .reshape(shape);
  }, x!);
};

const compositions: Readonly<Record<string, Readonly<Record<string, Composition>>>> = {
  wasm: {
    BatchMatMul: matMul,
    Cast: castToBool,
    GatherV2: gather,
    OneHot: oneHot,
    Transpose: transpose,
    UnsortedSegmentSum: unsortedSegmentSum,
  },
  webgpu: {
    All: logicalBy(tf.min),
    Any: logicalBy(tf.max),
    Cast: castToFloat,
    PadV2: pad,
    Transpose: transposeBool,
  },
};

/** The composition a backend needs for a kernel, if it needs one. */
export function compositionOf(backend: string, kernel: string): Composition | undefined {
  return compositions[backend]?.[kernel];
}
