// Dropout masks inside a traced function: a mask is a function of (seed, step, site), so nothing large is fed and a resumed run
// draws what it would have drawn.
import { type KernelBackend, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import { dropoutMaskKernel, hostMask, type MaskAttrs } from './kernels/dropout-mask.ts';
import { tf } from './tfjs.ts';

/**
 * @param step int32 scalar, not negative: an input of the traced function
 * @returns factors of the given shape, float32: 0 with probability `rate`, else 1 / (1 - rate). No gradient.
 */
export function dropoutMask(shape: readonly number[], step: Tensor, attrs: MaskAttrs): Tensor {
  return tf.engine().runKernel(dropoutMaskKernel, { step }, { ...attrs, shape: [...shape] });
}

/** What the host kernel needs of a backend; webgpu has no synchronous read and is given its masks by replay itself. */
interface HostAccess {
  readSync(dataId: object): Int32Array;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
}

for (const backendName of ['cpu', 'wasm', 'tensorflow'])
  registerKernel({
    kernelName: dropoutMaskKernel,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const access = backend as KernelBackend as unknown as HostAccess;
      const { shape, ...mask } = attrs as unknown as MaskAttrs & { shape: number[] };
      const values = hostMask(shape, { ...mask }, access.readSync(inputs.step!.dataId)[0]!);
      return { dataId: access.write(values, shape, 'float32'), shape, dtype: 'float32' };
    },
  });
