// The matrix product. Its dtype is the emitter's policy, never the model's: with bf16 the operands are rounded and the sum
// stays float32.
import { backend_util } from '@tensorflow/tfjs-core';
import { bool, type } from '../emit/attribute.ts';
import type { KernelRow } from './row.ts';

const batchMatMul: KernelRow = {
  kernel: 'BatchMatMul',
  inputs: ['a', 'b'],
  shape: ({ a, b }, attrs) => {
    const [transposeA, transposeB] = [attrs.transposeA === true, attrs.transposeB === true];
    const [rows, innerA] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
    const [innerB, columns] = transposeB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!];
    if (innerA !== innerB)
      throw new Error(`matMul of [${a!.shape}] and [${b!.shape}]: inner sizes ${innerA} and ${innerB} differ`);
    if (a!.dtype !== 'float32' || b!.dtype !== 'float32') throw new Error('matMul: only of float32');
    const batch = backend_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return { inputs: [a!, b!], shape: [...batch, rows, columns], dtype: 'float32', attrs: { transposeA, transposeB } };
  },
  emit: (node, e) => {
    const adjoint = { adj_x: bool(node.attrs.transposeA === true), adj_y: bool(node.attrs.transposeB === true) };
    if (e.matmul === 'fp32') return e.op('BatchMatMulV2', 'output', node.refs, { T: type('float32'), ...adjoint });
    const rounded = node.refs.map((r) => e.op('Cast', 'y', [r], { SrcT: type('float32'), DstT: type('bfloat16') }));
    if (e.form === 'xla')
      return e.op('BatchMatMulV3', 'output', rounded, {
        Ta: type('bfloat16'),
        Tb: type('bfloat16'),
        Tout: type('float32'),
        ...adjoint,
      });
    const product = e.op('BatchMatMulV2', 'output', rounded, { T: type('bfloat16'), ...adjoint });
    return e.op('Cast', 'y', [product], { SrcT: type('bfloat16'), DstT: type('float32') });
  },
};

export const matmulRows: readonly KernelRow[] = [batchMatMul];
