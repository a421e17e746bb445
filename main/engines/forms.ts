// Which form of an engine bench measured to be the faster one on this machine; new runs read it.
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { formsFormat, formsSchema } from '../../contract/saved/forms.ts';
import { parseJsonFile, readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { cacheFolder } from './folders.ts';

const formsFile = (cache: string) => path.join(cache, 'form.json');

/** xla where nothing was measured. */
export function measuredForm(engine: 'cuda' | 'cpu', cache: string): 'xla' | 'graph' {
  try {
    return readJsonFile(formsFormat, formsFile(cache))?.forms[engine] ?? 'xla';
  } catch {
    return 'xla'; // a damaged measurement is as good as none: bench writes it anew
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
