// The one table of kernels: what is not in it cannot be traced.
import { dropoutMaskRow } from './dropout-mask.ts';
import { eigenvaluesRow } from './eigenvalues.ts';
import { elementwiseLowerings, elementwiseRows } from './elementwise.ts';
import { indexingRows } from './indexing.ts';
import { loweredKernels } from './lowered.ts';
import { matmulRows } from './matmul.ts';
import { meanLowering, reduceRows } from './reduce.ts';
import { applyRow, type KernelLowering, type KernelRow } from './row.ts';
import { shapeRows } from './shape.ts';

/** Rows by tfjs kernel name: every node of a trace beside `Arg` and `Const` has one. */
export const kernelRows: ReadonlyMap<string, KernelRow> = new Map(
  [...elementwiseRows, ...reduceRows, ...matmulRows, ...shapeRows, ...indexingRows, eigenvaluesRow, dropoutMaskRow].map(
    (row) => [row.kernel, row],
  ),
);

/** How each tfjs kernel is written down: its lowering where it has one, else its row. */
export const tracedKernels: ReadonlyMap<string, KernelLowering['lower']> = new Map<string, KernelLowering['lower']>([
  ...[...kernelRows.values()].map((row): [string, KernelLowering['lower']] => [
    row.kernel,
    (i, a, recorder) => applyRow(row, i, a, recorder),
  ]),
  ...[...elementwiseLowerings, meanLowering(kernelRows.get('Cast')!), ...loweredKernels].map(
    (k): [string, KernelLowering['lower']] => [k.kernel, k.lower],
  ),
]);

/** The row of a recorded node. */
export function rowOf(kernel: string): KernelRow {
  const row = kernelRows.get(kernel);
  if (row === undefined) throw new Error(`no row for kernel ${kernel}`);
  return row;
}

export type { EmitNode, Emitter, KernelRow, NodeDType, TraceNode, TypedValues } from './row.ts';
