// The native binding of a TensorFlow engine: loaded from its folder, typed by what is used of it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UnsmoothError } from '../../contract/errors.ts';
import { bindingFile } from './folders.ts';

export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** Tensors are numbers; every one made has to be deleted. `createTensor` shares the array's memory until then. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, tensors: readonly number[], inputs: string, outputs: string): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
}

/**
 * @throws UnsmoothError ENGINE_MISSING when the engine is not installed, ENGINE_FAILED when its library does not load
 */
export function loadBinding(engine: string, engineDir: string): Binding {
  const file = bindingFile(engineDir);
  if (!existsSync(file))
    throw new UnsmoothError(
      'ENGINE_MISSING',
      `The ${engine} engine is not installed: ${file} is missing.`,
      `unsmooth engines install ${engine === 'cuda' ? 'cuda' : 'cpu'}`,
    );
  // Only for what a thread's copy of the environment can still decide: the rest is set at spawn.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  try {
    return createRequire(import.meta.url)(file) as Binding;
  } catch (e) {
    throw new UnsmoothError(
      'ENGINE_FAILED',
      `The ${engine} engine does not load: ${e instanceof Error ? e.message : String(e)}`,
      `Install it again: unsmooth engines install ${engine === 'cuda' ? 'cuda' : 'cpu'}`,
      [],
      { cause: e },
    );
  }
}
