// Kernels that are written down as others: views of a tensor, splits as slices, values known while tracing as constants.
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { fillRow } from './indexing.ts';
import { dtypeOf, type KernelLowering, type NodeDType, type Recorder } from './row.ts';
import { reshapeRow, sliceRow } from './shape.ts';

function reshaped(x: TensorInfo, shape: number[], recorder: Recorder): TensorInfo {
  const same = shape.length === x.shape.length && shape.every((d, i) => d === x.shape[i]);
  return same ? recorder.alias(x) : recorder.record(reshapeRow, reshapeRow.shape({ x }, { shape }));
}

function sliced(x: TensorInfo, axis: number, begin: number, size: number, recorder: Recorder): TensorInfo {
  const at = x.shape.map((_, i) => (i === axis ? begin : 0));
  const extent = x.shape.map((d, i) => (i === axis ? size : d));
  return recorder.record(sliceRow, sliceRow.shape({ x }, { begin: at, size: extent }));
}

function filled(x: TensorInfo, value: number, recorder: Recorder): TensorInfo {
  return recorder.record(fillRow, fillRow.shape({}, { shape: x.shape, value, dtype: x.dtype }));
}

const reshape: KernelLowering = {
  kernel: 'Reshape',
  lower: ({ x }, attrs, recorder) => reshaped(x!, [...reshapeRow.shape({ x: x! }, attrs).shape], recorder),
};

const expandDims: KernelLowering = {
  kernel: 'ExpandDims',
  lower: ({ input }, { dim }, recorder) => {
    const rank = input!.shape.length;
    const at = Number(dim) < 0 ? rank + 1 + Number(dim) : Number(dim);
    return reshaped(input!, [...input!.shape.slice(0, at), 1, ...input!.shape.slice(at)], recorder);
  },
};

const splitV: KernelLowering = {
  kernel: 'SplitV',
  lower: ({ x }, attrs, recorder) => {
    const axis = util.parseAxisParam((attrs.axis ?? 0) as number, x!.shape)[0]!;
    const sizes = backend_util.prepareSplitSize(x as never, attrs.numOrSizeSplits as number[], axis);
    let begin = 0;
    return sizes.map((size) => {
      const part = sliced(x!, axis, begin, size, recorder);
      begin += size;
      return part;
    });
  },
};

const unpack: KernelLowering = {
  kernel: 'Unpack',
  lower: ({ value }, attrs, recorder) => {
    const axis = util.parseAxisParam((attrs.axis ?? 0) as number, value!.shape)[0]!;
    const shape = value!.shape.filter((_, i) => i !== axis);
    return Array.from({ length: value!.shape[axis]! }, (_, i) =>
      reshaped(sliced(value!, axis, i, 1, recorder), shape, recorder),
    );
  },
};

const zerosLike: KernelLowering = { kernel: 'ZerosLike', lower: ({ x }, _, recorder) => filled(x!, 0, recorder) };
const onesLike: KernelLowering = { kernel: 'OnesLike', lower: ({ x }, _, recorder) => filled(x!, 1, recorder) };

const range: KernelLowering = {
  kernel: 'Range',
  lower: (_, attrs, recorder) => {
    const dtype: NodeDType = dtypeOf({ dataId: {}, shape: [], dtype: (attrs.dtype ?? 'float32') as NodeDType });
    const [start, stop, step] = [Number(attrs.start), Number(attrs.stop), Number(attrs.step ?? 1)];
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const at = Array.from({ length: count }, (_, i) => start + i * step);
    return recorder.constant(dtype === 'int32' ? Int32Array.from(at) : Float32Array.from(at), [count], dtype);
  },
};

export const loweredKernels: readonly KernelLowering[] = [
  reshape,
  expandDims,
  splitV,
  unpack,
  zerosLike,
  onesLike,
  range,
];
