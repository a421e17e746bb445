// Rows of element-wise kernels: one or two operands, broadcasting as NumPy does.
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { type } from '../emit/attribute.ts';
import { arrayOf } from './indexing.ts';
import { dtypeOf, type KernelLowering, type KernelRow, type NodeDType } from './row.ts';

function broadcast(...tensors: TensorInfo[]): number[] {
  return tensors.reduce<number[]>((s, t) => backend_util.assertAndGetBroadcastShape(s, t.shape), []);
}

function unary(kernel: string, op = kernel, output = 'y', result?: NodeDType, input = 'x'): KernelRow {
  return {
    kernel,
    inputs: [input],
    shape: (inputs) => {
      const x = inputs[input]!;
      return { inputs: [x], shape: x.shape, dtype: result ?? dtypeOf(x) };
    },
    emit: (node, e) => e.op(op, output, node.refs, { T: type(node.operands[0]!.dtype) }),
  };
}

function binary(kernel: string, op = kernel, result?: NodeDType): KernelRow {
  return {
    kernel,
    inputs: ['a', 'b'],
    shape: ({ a, b }) => {
      if (a!.dtype !== b!.dtype) throw new Error(`${kernel} of ${a!.dtype} and ${b!.dtype}: cast one of them first`);
      return { inputs: [a!, b!], shape: broadcast(a!, b!), dtype: result ?? dtypeOf(a!) };
    },
    emit: (node, e) => e.op(op, 'z', node.refs, { T: type(node.operands[0]!.dtype) }),
  };
}

/** Kernels that TensorFlow has for floats alone: tfjs's own would quietly compute in float32. */
function ofFloats(row: KernelRow): KernelRow {
  return {
    ...row,
    shape: (inputs, attrs) => {
      for (const { dtype } of Object.values(inputs))
        if (dtype !== 'float32') throw new Error(`${row.kernel} of ${dtype}: cast it to float32 first`);
      return row.shape(inputs, attrs);
    },
  };
}

/** Arithmetic knows numbers only: tfjs's own would add truth values. */
function ofNumbers(row: KernelRow): KernelRow {
  return {
    ...row,
    shape: (inputs, attrs) => {
      for (const { dtype } of Object.values(inputs))
        if (dtype === 'bool') throw new Error(`${row.kernel} of bool: cast it first`);
      return row.shape(inputs, attrs);
    },
  };
}

/** and, or: TensorFlow's take no type. */
function logical(kernel: string): KernelRow {
  return { ...binary(kernel, kernel, 'bool'), emit: (node, e) => e.op(kernel, 'z', node.refs, {}) };
}

const addN: KernelRow = {
  kernel: 'AddN',
  inputs: 'list',
  shape: (inputs) => {
    const list = Object.values(inputs);
    return { inputs: list, shape: list[0]!.shape, dtype: dtypeOf(list[0]!) };
  },
  emit: (node, e) =>
    e.op('AddN', 'sum', node.refs, { T: type(node.dtype), N: { kind: 'int', value: node.refs.length } }),
};

const select: KernelRow = {
  kernel: 'Select',
  inputs: ['condition', 't', 'e'],
  shape: ({ condition, t, e }) => {
    if (t!.dtype !== e!.dtype) throw new Error(`where of ${t!.dtype} and ${e!.dtype}: cast one of them first`);
    return { inputs: [condition!, t!, e!], shape: broadcast(condition!, t!, e!), dtype: dtypeOf(t!) };
  },
  emit: (node, e) => e.op('SelectV2', 'output', node.refs, { T: type(node.dtype) }),
};

/** 1 where x > 0, else alpha (NaN counts as not greater). */
const step: KernelRow = {
  kernel: 'Step',
  inputs: ['x'],
  shape: ({ x }, { alpha }) => ({ inputs: [x!], shape: x!.shape, dtype: dtypeOf(x!), attrs: { alpha: alpha ?? 0 } }),
  emit: (node, e) => {
    const scalar = (v: number) => e.constant(node.dtype, [], arrayOf(node.dtype, [v]));
    const T = type(node.dtype);
    const positive = e.op('Greater', 'z', [node.refs[0]!, scalar(0)], { T });
    return e.op('SelectV2', 'output', [positive, scalar(1), scalar(Number(node.attrs.alpha))], { T });
  },
};

const clipByValue: KernelRow = {
  kernel: 'ClipByValue',
  inputs: ['x'],
  shape: ({ x }, attrs) => ({ inputs: [x!], shape: x!.shape, dtype: dtypeOf(x!), attrs }),
  emit: (node, e) => {
    const bound = (v: unknown) => e.constant(node.dtype, [], arrayOf(node.dtype, [Number(v)]));
    const T = type(node.dtype);
    const above = e.op('Maximum', 'z', [node.refs[0]!, bound(node.attrs.clipValueMin)], { T });
    return e.op('Minimum', 'z', [above, bound(node.attrs.clipValueMax)], { T });
  },
};

const castRow: KernelRow = {
  kernel: 'Cast',
  inputs: ['x'],
  shape: ({ x }, { dtype }) => ({
    inputs: [x!],
    shape: x!.shape,
    dtype: dtypeOf({ ...x!, dtype: dtype as NodeDType }),
    attrs: { dtype },
  }),
  emit: (node, e) => e.op('Cast', 'y', node.refs, { SrcT: type(node.operands[0]!.dtype), DstT: type(node.dtype) }),
};

const cast: KernelLowering = {
  kernel: 'Cast',
  lower: ({ x }, attrs, recorder) =>
    attrs.dtype === x!.dtype ? recorder.alias(x!) : recorder.record(castRow, castRow.shape({ x: x! }, attrs)),
};

const identity: KernelLowering = { kernel: 'Identity', lower: ({ x }, _, recorder) => recorder.alias(x!) };

export const elementwiseRows: readonly KernelRow[] = [
  ofNumbers(binary('Add', 'AddV2')),
  ofNumbers(binary('Sub')),
  ofNumbers(binary('Multiply', 'Mul')),
  ofFloats(binary('RealDiv')),
  ofNumbers(binary('Pow')),
  ofNumbers(binary('Maximum')),
  ofNumbers(binary('Minimum')),
  ofNumbers(binary('SquaredDifference')),
  binary('Equal', 'Equal', 'bool'),
  binary('NotEqual', 'NotEqual', 'bool'),
  binary('Greater', 'Greater', 'bool'),
  binary('GreaterEqual', 'GreaterEqual', 'bool'),
  binary('Less', 'Less', 'bool'),
  binary('LessEqual', 'LessEqual', 'bool'),
  logical('LogicalAnd'),
  logical('LogicalOr'),
  { ...unary('LogicalNot'), emit: (node, e) => e.op('LogicalNot', 'y', node.refs, {}) },
  unary('Abs'),
  unary('Neg'),
  unary('Sign'),
  unary('Square'),
  ofFloats(unary('Sqrt')),
  ofFloats(unary('Rsqrt')),
  ofFloats(unary('Reciprocal')),
  ofFloats(unary('Exp')),
  ofFloats(unary('Expm1')),
  ofFloats(unary('Log')),
  ofFloats(unary('Log1p')),
  ofFloats(unary('Erf')),
  ofFloats(unary('Sin')),
  ofFloats(unary('Cos')),
  ofFloats(unary('Floor')),
  ofFloats(unary('Tanh')),
  ofFloats(unary('Sigmoid')),
  ofFloats(unary('Softplus', 'Softplus', 'activations')),
  unary('Relu', 'Relu', 'activations'),
  ofFloats(unary('IsNan', 'IsNan', 'y', 'bool')),
  ofFloats(unary('IsFinite', 'IsFinite', 'y', 'bool')),
  addN,
  select,
  step,
  clipByValue,
  castRow,
];

export const elementwiseLowerings: readonly KernelLowering[] = [cast, identity];
