// Makes an ordinary tfjs backend ready by name. All of them register on the one tfjs-core instance that traces.
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { UnsmoothError } from '../../../contract/errors.ts';
import { loadBinding } from '../binding.ts';
import { tf } from '../tfjs.ts';
import { webgpu } from './webgpu.ts';

export type ReplayEngine = 'webgpu' | 'wasm' | 'tensorflow';

export interface ChosenBackend {
  readonly backend: string;
  readonly version: string;
  readonly device: string;
  /** What went wrong in the device without any call having said so. */
  readonly takeFailure?: () => UnsmoothError | undefined;
}

const require = createRequire(import.meta.url);

async function wasm(): Promise<ChosenBackend> {
  const module = await import('@tensorflow/tfjs-backend-wasm');
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  module.setWasmPaths(`${folder}${sep}wasm-out${sep}`);
  if (!(await tf.setBackend('wasm'))) throw new UnsmoothError('ENGINE_FAILED', 'The wasm engine does not start.');
  return { backend: 'wasm', version: module.version_wasm, device: 'cpu' };
}

/** tfjs-node-gpu's own backend on the binding of an engine folder, without its index (which looks only in node_modules). */
function tensorflow(engineDir: string): ChosenBackend {
  const binding = loadBinding('cpu', engineDir);
  if (tf.findBackend('tensorflow') === null) {
    // Gone from Node since 23, still called by the backend.
    const util = require('node:util') as { isNullOrUndefined?: (v: unknown) => boolean };
    util.isNullOrUndefined ??= (v) => v === null || v === undefined;
    const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
      NodeJSKernelBackend: new (binding: unknown, name: string) => KernelBackend;
    };
    require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels');
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 1);
  }
  return { backend: 'tensorflow', version: binding.TF_Version, device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu' };
}

/** @throws UnsmoothError ENGINE_MISSING, ENGINE_FAILED */
export async function chooseBackend(engine: ReplayEngine, engineDir: string): Promise<ChosenBackend> {
  switch (engine) {
    case 'wasm':
      return wasm();
    case 'tensorflow':
      return tensorflow(engineDir);
    case 'webgpu':
      return { backend: 'webgpu', ...(await webgpu(engineDir)) };
  }
}
