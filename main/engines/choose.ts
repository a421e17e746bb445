// What a recipe's `engine` and `threads` mean on this machine: the choice among the engines, and the form that was measured to be
// the faster one here.
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { formsFormat, formsSchema } from '../../contract/saved/forms.ts';
import type { EngineSelection } from '../../contract/worker-api.ts';
import { parseJsonFile, readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { type EngineName, engineStatus } from './engines.ts';
import { cacheFolder } from './folders.ts';
import { nvidiaDriver } from './machine.ts';
import { selectEngine } from './select.ts';

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

const formsFile = (cache: string) => path.join(cache, 'form.json');

/** Throws ENGINE_UNKNOWN, or ENGINE_MISSING with the way to get it. */
export function chooseEngine(
  choice: EngineName | 'auto',
  threads: number | 'auto',
  { cache = cacheFolder(), form, driver = nvidiaDriver() }: ChooseOptions = {},
): Chosen {
  const { engine, note } = selectEngine(choice, threads, { cache });
  const notes = note ? [note] : [];
  const usable = engine.name === 'cuda' && driver === null ? onCpu(engine, cache) : engine;
  return { engine: { ...usable, form: form ?? measuredForm(usable, cache) }, notes };
}

/** The CUDA engine without a driver computes on the CPU; the CPU engine does so where it is installed. */
function onCpu(cuda: EngineSelection, cache: string): EngineSelection {
  const cpu = engineStatus('cpu', cache);
  return { ...cuda, name: 'cpu', dir: cpu.state === 'installed' ? cpu.folder : cuda.dir };
}

function measuredForm(engine: EngineSelection, cache: string): EngineSelection['form'] {
  if (engine.name !== 'cpu' && engine.name !== 'cuda') return engine.form;
  try {
    return readJsonFile(formsFormat, formsFile(cache))?.forms[engine.name] ?? engine.form;
  } catch {
    return engine.form; // a damaged measurement is as good as none: bench writes it anew
  }
}

/** Keeps what bench measured. */
export function keepForm(engine: 'cuda' | 'cpu', form: 'xla' | 'graph', cache = cacheFolder()): void {
  const file = formsFile(cache);
  const before = formsSchema.safeParse(existing(file));
  writeJsonFile(file, { version: 1, forms: { ...(before.success ? before.data.forms : {}), [engine]: form } });
}

function existing(file: string): unknown {
  try {
    return parseJsonFile(file);
  } catch (e) {
    if (e instanceof UnsmoothError) return undefined; // none yet, or a damaged one
    throw e;
  }
}
