// The one place that chooses the engine a job computes on, before its worker is spawned: what a recipe's `engine` and `threads` mean here.
import os from 'node:os';
import { UnsmoothError } from '../../contract/errors.ts';
import type { EngineSelection } from '../../contract/worker-api.ts';
import { type EngineName, engineStatus } from './engines.ts';
import { cacheFolder } from './folders.ts';
import { measuredForm } from './forms.ts';
import { nvidiaDriver } from './machine.ts';
import { missingForCuda } from './verify.ts';

export interface Chosen {
  engine: EngineSelection;
  /** Sentences for the user: what is missing, what is used instead, how to get the better one. */
  notes: string[];
}

export interface ChooseOptions {
  cache?: string;
  /** A run goes on in the form it began with, since bits depend on it. */
  form?: EngineSelection['form'];
  /** One line about the NVIDIA driver, or null where there is none. */
  driver?: string | null;
}

/** Throws ENGINE_MISSING, for an engine asked for by name, with the way to get it. */
export function chooseEngine(
  choice: EngineName | 'auto',
  threads: number | 'auto',
  { cache = cacheFolder(), form, driver = nvidiaDriver() }: ChooseOptions = {},
): Chosen {
  const asked = choice === 'auto' ? best(cache, driver) : { name: choice, notes: [] };
  const status = engineStatus(asked.name, cache);
  if (status.state !== 'installed')
    throw new UnsmoothError(
      'ENGINE_MISSING',
      `The ${asked.name} engine is ${status.state === 'missing' ? 'not installed' : `${status.state}: ${status.why}`}.`,
      `Get it: ${status.get}, or leave the choice to engine: auto.`,
    );
  const idle = asked.name === 'cuda' && driver === null;
  const { name, dir } = idle ? onCpu(status.folder, cache) : { name: asked.name, dir: status.folder };
  const measured = name === 'cpu' || name === 'cuda' ? measuredForm(name, cache) : 'replay';
  return {
    engine: { name, dir, form: form ?? measured, threads: threads === 'auto' ? os.availableParallelism() : threads },
    notes: idle ? [missingForCuda()] : asked.notes,
  };
}

/** The best engine that works here: CUDA with a driver, the CPU engine, WebGPU where it was installed and found a GPU, wasm. */
function best(cache: string, driver: string | null): { name: EngineName; notes: string[] } {
  const there = (name: EngineName) => engineStatus(name, cache).state === 'installed';
  if (there('cuda') && driver !== null) return { name: 'cuda', notes: [] };
  if (there('cpu')) return { name: 'cpu', notes: [] };
  if (there('webgpu') && engineStatus('webgpu', cache).device) return { name: 'webgpu', notes: [] };
  if (there('cuda')) return { name: 'cuda', notes: [] };
  const { why, get } = engineStatus('cpu', cache);
  const because = why || 'it is not installed';
  return { name: 'wasm', notes: [`Using the slow wasm engine; for the CPU engine (${because}): ${get}.`] };
}

/** The CUDA engine without a driver computes on the CPU; the CPU engine does so where it is installed. */
function onCpu(cudaFolder: string | null, cache: string): { name: 'cpu'; dir: string | null } {
  const cpu = engineStatus('cpu', cache);
  return { name: 'cpu', dir: cpu.state === 'installed' ? cpu.folder : cudaFolder };
}
