// Turns this process into the bundled command line, so that arguments, signals, streams and the exit code are the command's own.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

/** @param {string[]} args what follows `unsmooth` */
export async function becomeUnsmooth(args) {
  const file = path.join(root, 'dist', 'cli.cjs');
  process.argv = [process.argv[0], file, ...args];
  await import(pathToFileURL(file).href);
}
