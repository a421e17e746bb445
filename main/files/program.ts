// Where the parts of the program lie that are files of their own: the worker's bundle, its packages, a binding that came along.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the bundles: dist/ in a checkout, also for code that runs from its sources. In the packaged app the bundles of the
 * window are inside app.asar, which no other program can read, and these parts are in `program` beside it.
 */
export function programFolder(): string {
  const here = fileURLToPath(import.meta.url);
  const folder = path.dirname(here);
  if (here.endsWith('.ts')) return path.join(folder, '..', '..', 'dist');
  return path.basename(folder) === 'app.asar' ? path.join(path.dirname(folder), 'program') : folder;
}
