// The row of the eigenvalues of symmetric matrices, a kernel of our own.
import { UnsmoothError } from '../../../contract/errors.ts';
import { bool, type } from '../emit/attribute.ts';
import type { KernelRow } from './row.ts';

export const eigenvaluesKernel = 'SelfAdjointEigenvalues';

export const eigenvaluesRow: KernelRow = {
  kernel: eigenvaluesKernel,
  inputs: ['x'],
  shape: ({ x }) => {
    const [rows, columns] = x!.shape.slice(-2);
    if (rows === undefined || rows !== columns || x!.dtype !== 'float32')
      throw new Error(`eigenvalues of ${x!.dtype}[${x!.shape}]: only of square float32 matrices`);
    return { inputs: [x!], shape: x!.shape.slice(0, -1), dtype: 'float32' };
  },
  emit: (node, e) => {
    if (e.form === 'xla')
      throw new UnsmoothError(
        'KERNEL_UNSUPPORTED',
        'Eigenvalues are not compiled by XLA.',
        "Give the call that needs them the form 'graph'.",
      );
    return e.op('SelfAdjointEigV2', 'e', node.refs, { T: type('float32'), compute_v: bool(false) });
  },
};
