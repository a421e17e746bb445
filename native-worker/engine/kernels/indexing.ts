// Rows of kernels that read or write by index, and of constant tensors made in place.
import { backend_util, util } from '@tensorflow/tfjs-core';
import { int, type } from '../emit/attribute.ts';
import { dtypeOf, type KernelRow, type NodeDType, type TypedValues } from './row.ts';

export function arrayOf(dtype: NodeDType, values: readonly number[]): TypedValues {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}

/** A tensor of one value: an operation, so that a large one is not stored. */
export const fillRow: KernelRow = {
  kernel: 'Fill',
  inputs: [],
  shape: (_, attrs) => {
    const dtype = dtypeOf({ dataId: {}, shape: [], dtype: (attrs.dtype ?? 'float32') as NodeDType });
    const shape = [...(attrs.shape as number[])];
    return { inputs: [], shape, dtype, attrs: { shape, value: Number(attrs.value), dtype } };
  },
  emit: (node, e) => {
    const value = e.constant(node.dtype, [], arrayOf(node.dtype, [Number(node.attrs.value)]));
    if (node.shape.length === 0) return value;
    return e.op('Fill', 'output', [e.int32(node.shape), value], { T: type(node.dtype), index_type: type('int32') });
  },
};

const oneHot: KernelRow = {
  kernel: 'OneHot',
  inputs: ['indices'],
  shape: ({ indices }, attrs) => {
    const dtype = dtypeOf({ ...indices!, dtype: (attrs.dtype ?? 'int32') as NodeDType });
    const { depth, onValue = 1, offValue = 0 } = attrs;
    const shape = [...indices!.shape, Number(depth)];
    return { inputs: [indices!], shape, dtype, attrs: { depth, onValue, offValue, dtype } };
  },
  emit: (node, e) => {
    const value = (v: unknown) => e.constant(node.dtype, [], arrayOf(node.dtype, [Number(v)]));
    return e.op(
      'OneHot',
      'output',
      [node.refs[0]!, e.int32([Number(node.attrs.depth)], []), value(node.attrs.onValue), value(node.attrs.offValue)],
      { T: type(node.dtype), TI: type('int32'), axis: int(-1) },
    );
  },
};

const gatherV2: KernelRow = {
  kernel: 'GatherV2',
  inputs: ['x', 'indices'],
  shape: ({ x, indices }, attrs) => {
    const axis = util.parseAxisParam((attrs.axis ?? 0) as number, x!.shape)[0]!;
    const batchDims = Number(attrs.batchDims ?? 0);
    const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis, batchDims);
    return { inputs: [x!, indices!], shape: info.outputShape, dtype: dtypeOf(x!), attrs: { axis, batchDims } };
  },
  emit: (node, e) =>
    e.op('GatherV2', 'output', [...node.refs, e.int32([Number(node.attrs.axis)], [])], {
      Tparams: type(node.dtype),
      Tindices: type('int32'),
      Taxis: type('int32'),
      batch_dims: int(Number(node.attrs.batchDims)),
    }),
};

/** Rows of x summed by segment: the gradient of a gather. */
const unsortedSegmentSum: KernelRow = {
  kernel: 'UnsortedSegmentSum',
  inputs: ['x', 'segmentIds'],
  shape: ({ x, segmentIds }, attrs) => ({
    inputs: [x!, segmentIds!],
    shape: [Number(attrs.numSegments), ...x!.shape.slice(segmentIds!.shape.length)],
    dtype: dtypeOf(x!),
    attrs: { numSegments: attrs.numSegments },
  }),
  emit: (node, e) =>
    e.op('UnsortedSegmentSum', 'output', [...node.refs, e.int32([Number(node.attrs.numSegments)], [])], {
      T: type(node.dtype),
      Tindices: type('int32'),
      Tnumsegments: type('int32'),
    }),
};

export const indexingRows: readonly KernelRow[] = [fillRow, oneHot, gatherV2, unsortedSegmentSum];
