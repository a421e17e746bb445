// The one place that chooses the engine a job computes on, before its worker is spawned.
import os from 'node:os';
import { UnsmoothError } from '../../contract/errors.ts';
import type { EngineSelection } from '../../contract/worker-api.ts';
import { type EngineName, engineStatus } from './engines.ts';
import { cacheFolder } from './folders.ts';
import { nvidiaDriver } from './machine.ts';
import { missingForCuda } from './verify.ts';

export interface Selected {
  engine: EngineSelection;
  /** Empty, or one sentence the user should read. */
  note: string;
}

const forms = { cuda: 'xla', cpu: 'xla', webgpu: 'replay', wasm: 'replay' } as const;

/** The best engine that works here: CUDA with a driver, the CPU engine, WebGPU where it was installed and found a GPU, wasm. */
function best(cache: string): { name: EngineName; note: string } {
  const there = (name: EngineName) => engineStatus(name, cache).state === 'installed';
  if (there('cuda') && nvidiaDriver()) return { name: 'cuda', note: '' };
  if (there('cpu')) return { name: 'cpu', note: '' };
  if (there('webgpu') && engineStatus('webgpu', cache).device) return { name: 'webgpu', note: '' };
  if (there('cuda')) return { name: 'cuda', note: missingForCuda() };
  const { why, get } = engineStatus('cpu', cache);
  const because = why || 'it is not installed';
  return { name: 'wasm', note: `Using the slow wasm engine; for the CPU engine (${because}): ${get}.` };
}

/**
 * Resolves a recipe's `engine` and `threads` to what is installed.
 * Throws ENGINE_MISSING when a named engine is not usable.
 */
export function selectEngine(
  choice: EngineName | 'auto',
  threads: number | 'auto',
  options: { cache?: string } = {},
): Selected {
  const cache = options.cache ?? cacheFolder();
  const { name, note } = choice === 'auto' ? best(cache) : { name: choice, note: '' };
  const status = engineStatus(name, cache);
  if (status.state !== 'installed')
    throw new UnsmoothError(
      'ENGINE_MISSING',
      `The ${name} engine is ${status.state === 'missing' ? 'not installed' : `${status.state}: ${status.why}`}.`,
      `Get it: ${status.get}, or leave the choice to engine: auto.`,
    );
  const count = threads === 'auto' ? os.availableParallelism() : threads;
  return {
    engine: { name, dir: status.folder, form: forms[name], threads: count },
    note: note || (choice === 'cuda' && !nvidiaDriver() ? missingForCuda() : ''),
  };
}
