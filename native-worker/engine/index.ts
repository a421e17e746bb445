// The one place that chooses an engine: everything else speaks to an Executor.

import type { Executor } from './executor.ts';
import { engineFolder } from './folders.ts';
import type { Program } from './program.ts';
import { createSession } from './session.ts';

/** `tensorflow` replays eagerly on TensorFlow's kernels: the tests' reference. */
export type EngineName = 'cuda' | 'cpu' | 'webgpu' | 'wasm' | 'tensorflow';

export interface EngineOptions {
  readonly engine: EngineName;
  readonly form?: 'xla' | 'graph';
  readonly engineDir?: string;
  /** dtype of matrix products in a compiled engine; everything else is float32. */
  readonly matmul?: 'fp32' | 'bf16';
}

/** @throws UnsmoothError ENGINE_MISSING, ENGINE_FAILED */
export async function createExecutor(program: Program, options: EngineOptions): Promise<Executor> {
  const { engine, form = 'xla', matmul = 'fp32' } = options;
  switch (engine) {
    case 'cuda':
    case 'cpu':
      return createSession(program, { engine, form, matmul, engineDir: options.engineDir ?? engineFolder(engine) });
    case 'wasm':
    case 'webgpu':
    case 'tensorflow': {
      const { createReplay } = await import('./replay/index.ts');
      return createReplay(program, {
        engine,
        engineDir: options.engineDir ?? engineFolder(engine === 'webgpu' ? engine : 'cpu'),
      });
    }
  }
}

export type { Executor, ExecutorDescription } from './executor.ts';
export type { Call, Program } from './program.ts';
export type { DType, Spec, Specs, Values } from './spec.ts';
export { type Tensors, type TracedFunction, trace } from './trace.ts';
