// Starts Python programs of the peers' environment for the tests. Knows nothing of what they compare.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const golden = path.join(root, 'tests', 'fixtures', 'golden');

/** The peers' Python; `npm run test:peers` makes it and names it. */
export function python(): string {
  const found = process.env.UNSMOOTH_PYTHON;
  if (!found) throw new Error('UNSMOOTH_PYTHON names no Python with torch and timm. Run: npm run test:peers');
  return found;
}

/** Runs a script of tests/peers; its stdout. Rejects with its stderr when it ends with another code than 0. */
export async function runScript(script: string, ...args: string[]): Promise<string> {
  const file = path.join(root, 'tests', 'peers', script);
  const { stdout } = await promisify(execFile)(python(), ['-B', file, ...args], { maxBuffer: 64 << 20 });
  return stdout;
}
