// Rows of kernels that reduce over axes or normalise along the last one.
import { util } from '@tensorflow/tfjs-core';
import { bool, type } from '../emit/attribute.ts';
import { type Attrs, dtypeOf, type KernelLowering, type KernelRow, type NodeDType } from './row.ts';

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  return keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
}

/** tfjs names the axes `axis`, but `reductionIndices` in Max. */
function reduction(kernel: string, key: 'axis' | 'reductionIndices' = 'axis'): KernelRow {
  return {
    kernel,
    inputs: ['x'],
    shape: ({ x }, attrs) => {
      const axes = util.parseAxisParam((attrs[key] ?? null) as number[], x!.shape);
      const keepDims = attrs.keepDims === true;
      if (x!.dtype === 'bool' && kernel !== 'All' && kernel !== 'Any')
        throw new Error(`${kernel} of bool: cast it first`);
      return {
        inputs: [x!],
        shape: reducedShape(x!.shape, axes, keepDims),
        dtype: dtypeOf(x!),
        attrs: { [key]: axes, keepDims },
      };
    },
    emit: (node, e) => {
      const logical = node.dtype === 'bool';
      return e.op(kernel, 'output', [node.refs[0]!, e.int32(node.attrs[key] as number[])], {
        ...(logical ? {} : { T: type(node.dtype) }),
        Tidx: type('int32'),
        keep_dims: bool(node.attrs.keepDims === true),
      });
    },
  };
}

/** Position of the largest (smallest) value along one axis, int32. */
function position(kernel: 'ArgMax' | 'ArgMin'): KernelRow {
  return {
    kernel,
    inputs: ['x'],
    shape: ({ x }, attrs) => {
      const axes = util.parseAxisParam(attrs.axis as number, x!.shape);
      return { inputs: [x!], shape: reducedShape(x!.shape, axes, false), dtype: 'int32', attrs: { axis: axes[0] } };
    },
    emit: (node, e) =>
      e.op(kernel, 'output', [node.refs[0]!, e.int32([Number(node.attrs.axis)], [])], {
        T: type(node.operands[0]!.dtype),
        Tidx: type('int32'),
        output_type: type('int32'),
      }),
  };
}

/** tf.logSoftmax asks for other kernels; there is no row for one of its own. */
const softmax: KernelRow = {
  kernel: 'Softmax',
  inputs: ['logits'],
  shape: ({ logits }, attrs) => {
    const dim = util.parseAxisParam((attrs.dim ?? -1) as number, logits!.shape)[0]!;
    if (dim !== logits!.shape.length - 1) throw new Error(`softmax along axis ${dim}: only along the last one`);
    return { inputs: [logits!], shape: logits!.shape, dtype: 'float32', attrs: { dim } };
  },
  emit: (node, e) => e.op('Softmax', 'softmax', node.refs, { T: type('float32') }),
};

function running(kernel: 'Cumsum' | 'Cumprod'): KernelRow {
  return {
    kernel,
    inputs: ['x'],
    shape: ({ x }, attrs: Attrs) => ({
      inputs: [x!],
      shape: x!.shape,
      dtype: dtypeOf(x!),
      attrs: {
        axis: util.parseAxisParam((attrs.axis ?? 0) as number, x!.shape)[0]!,
        exclusive: attrs.exclusive === true,
        reverse: attrs.reverse === true,
      },
    }),
    emit: (node, e) =>
      e.op(kernel, 'out', [node.refs[0]!, e.int32([Number(node.attrs.axis)], [])], {
        T: type(node.dtype),
        Tidx: type('int32'),
        exclusive: bool(node.attrs.exclusive === true),
        reverse: bool(node.attrs.reverse === true),
      }),
  };
}

const meanRow = reduction('Mean');

export const reduceRows: readonly KernelRow[] = [
  reduction('Sum'),
  meanRow,
  reduction('Prod'),
  reduction('Max', 'reductionIndices'),
  reduction('Min'),
  reduction('All'),
  reduction('Any'),
  position('ArgMax'),
  position('ArgMin'),
  softmax,
  running('Cumsum'),
  running('Cumprod'),
];

/** tfjs takes the mean of integers in float32. */
export function meanLowering(cast: KernelRow): KernelLowering {
  return {
    kernel: 'Mean',
    lower: ({ x }, attrs, recorder) => {
      const dtype: NodeDType = 'float32';
      const floats = x!.dtype === dtype ? x! : recorder.record(cast, cast.shape({ x: x! }, { dtype }));
      return recorder.record(meanRow, meanRow.shape({ x: floats }, attrs));
    },
  };
}
