// Rows of kernels that move values without changing them: reshape, transpose, slice, join, pad, repeat.
import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { int, type } from '../emit/attribute.ts';
import { sizeOf } from '../spec.ts';
import { arrayOf } from './indexing.ts';
import { dtypeOf, type KernelRow } from './row.ts';

export const reshapeRow: KernelRow = {
  kernel: 'Reshape',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const shape = util.inferFromImplicitShape([...(attrs.shape as number[])], sizeOf(x!.shape));
    if (sizeOf(shape) !== sizeOf(x!.shape)) throw new Error(`reshape of [${x!.shape}] to [${shape}]: sizes differ`);
    return { inputs: [x!], shape, dtype: dtypeOf(x!), attrs: { shape } };
  },
  emit: (node, e) =>
    e.op('Reshape', 'output', [node.refs[0]!, e.int32(node.shape)], { T: type(node.dtype), Tshape: type('int32') }),
};

const transpose: KernelRow = {
  kernel: 'Transpose',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const perm = [...(attrs.perm as number[])];
    return { inputs: [x!], shape: perm.map((p) => x!.shape[p]!), dtype: dtypeOf(x!), attrs: { perm } };
  },
  emit: (node, e) =>
    e.op('Transpose', 'y', [node.refs[0]!, e.int32(node.attrs.perm as number[])], {
      T: type(node.dtype),
      Tperm: type('int32'),
    }),
};

export const sliceRow: KernelRow = {
  kernel: 'Slice',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const [begin, size] = slice_util.parseSliceParams(x!, attrs.begin as number[], attrs.size as number[]);
    slice_util.assertParamsValid(x!, begin!, size!);
    return { inputs: [x!], shape: size!, dtype: dtypeOf(x!), attrs: { begin, size } };
  },
  emit: (node, e) =>
    e.op(
      'Slice',
      'output',
      [node.refs[0]!, e.int32(node.attrs.begin as number[]), e.int32(node.attrs.size as number[])],
      { T: type(node.dtype), Index: type('int32') },
    ),
};

export const concatRow: KernelRow = {
  kernel: 'Concat',
  inputs: 'list',
  shape: (inputs, attrs) => {
    const list = Object.values(inputs).filter((t) => sizeOf(t.shape) > 0);
    const axis = util.parseAxisParam((attrs.axis ?? 0) as number, list[0]!.shape)[0]!;
    backend_util.assertParamsConsistent(
      list.map((t) => t.shape),
      axis,
    );
    const other = list.find((t) => t.dtype !== list[0]!.dtype);
    if (other !== undefined) throw new Error(`concat of ${list[0]!.dtype} and ${other.dtype}: cast one of them first`);
    const shape = [...list[0]!.shape];
    shape[axis] = list.reduce((sum, t) => sum + t.shape[axis]!, 0);
    return { inputs: list, shape, dtype: dtypeOf(list[0]!), attrs: { axis } };
  },
  emit: (node, e) =>
    e.op('ConcatV2', 'output', [...node.refs, e.int32([Number(node.attrs.axis)], [])], {
      T: type(node.dtype),
      Tidx: type('int32'),
      N: int(node.refs.length),
    }),
};

const padV2: KernelRow = {
  kernel: 'PadV2',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const paddings = (attrs.paddings as number[][]).map((p) => [...p]);
    const shape = x!.shape.map((d, i) => d + paddings[i]![0]! + paddings[i]![1]!);
    return { inputs: [x!], shape, dtype: dtypeOf(x!), attrs: { paddings, constantValue: attrs.constantValue ?? 0 } };
  },
  emit: (node, e) => {
    const paddings = node.attrs.paddings as number[][];
    const value = Number(node.attrs.constantValue);
    const fill = arrayOf(node.dtype, [value]);
    return e.op(
      'PadV2',
      'output',
      [node.refs[0]!, e.int32(paddings.flat(), [paddings.length, 2]), e.constant(node.dtype, [], fill)],
      { T: type(node.dtype), Tpaddings: type('int32') },
    );
  },
};

const tile: KernelRow = {
  kernel: 'Tile',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const reps = [...(attrs.reps as number[])];
    return { inputs: [x!], shape: x!.shape.map((d, i) => d * reps[i]!), dtype: dtypeOf(x!), attrs: { reps } };
  },
  emit: (node, e) =>
    e.op('Tile', 'output', [node.refs[0]!, e.int32(node.attrs.reps as number[])], {
      T: type(node.dtype),
      Tmultiples: type('int32'),
    }),
};

const reverse: KernelRow = {
  kernel: 'Reverse',
  inputs: ['x'],
  shape: ({ x }, attrs) => {
    const dims = util.parseAxisParam((attrs.dims ?? null) as number[], x!.shape);
    return { inputs: [x!], shape: x!.shape, dtype: dtypeOf(x!), attrs: { dims } };
  },
  emit: (node, e) =>
    e.op('ReverseV2', 'output', [node.refs[0]!, e.int32(node.attrs.dims as number[])], {
      T: type(node.dtype),
      Tidx: type('int32'),
    }),
};

export const packRow: KernelRow = {
  kernel: 'Pack',
  inputs: 'list',
  shape: (inputs, attrs) => {
    const list: TensorInfo[] = Object.values(inputs);
    const rank = list[0]!.shape.length;
    const axis = Number(attrs.axis ?? 0) < 0 ? Number(attrs.axis) + rank + 1 : Number(attrs.axis ?? 0);
    const shape = [...list[0]!.shape.slice(0, axis), list.length, ...list[0]!.shape.slice(axis)];
    return { inputs: list, shape, dtype: dtypeOf(list[0]!), attrs: { axis } };
  },
  emit: (node, e) =>
    e.op('Pack', 'output', node.refs, {
      T: type(node.dtype),
      N: int(node.refs.length),
      axis: int(Number(node.attrs.axis)),
    }),
};

export const shapeRows: readonly KernelRow[] = [
  reshapeRow,
  transpose,
  sliceRow,
  concatRow,
  padV2,
  tile,
  reverse,
  packRow,
];
