// Kernels that a backend lacks, made from others that it has.
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TraceNode } from '../kernels/index.ts';
import { tf } from '../tfjs.ts';

export type Composition = (operands: readonly Tensor[], node: TraceNode) => Tensor;

/** x - max - log(sum(exp(x - max))) along the last axis. */
const logSoftmax: Composition = ([x]) => {
  const shifted = tf.sub(x!, tf.max(x!, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
};

/** Rows summed by segment as a product with the segments' one-hot matrix. */
const unsortedSegmentSum: Composition = ([x, ids], node) => {
  const count = ids!.size;
  const hot = tf.oneHot(ids!.reshape([count]), Number(node.attrs.numSegments)).toFloat();
  return tf.matMul(hot, x!.reshape([count, -1]), true).reshape([...node.shape]);
};

const compositions: Readonly<Record<string, Readonly<Record<string, Composition>>>> = {
  wasm: { LogSoftmax: logSoftmax, UnsortedSegmentSum: unsortedSegmentSum },
};

/** The composition a backend needs for a kernel, if it needs one. */
export function compositionOf(backend: string, kernel: string): Composition | undefined {
  return compositions[backend]?.[kernel];
}
