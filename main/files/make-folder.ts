// Makes a folder with those above it, one at a time: where it cannot be made, that is said at once and by name.
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';

/**
 * Does nothing where it is there. Throws FILE_IO naming the folder and the one above it that does not allow it, DISK_FULL. (Node's
 * own recursive making never returns below folders such as /proc, where making one says that there is no such folder.)
 */
export function makeFolder(folder: string): void {
  const full = path.resolve(folder);
  const missing: string[] = [];
  let there = full;
  try {
    for (; !exists(there) && path.dirname(there) !== there; there = path.dirname(there)) missing.unshift(there);
    if (!statSync(there).isDirectory()) throw new Error('it is a file');
    for (const next of missing) if (!made(next)) throw new Error('no folder can be made there');
  } catch (e) {
    throw refused(full, there, e);
  }
}

/** False too for what would lie below a file. */
function exists(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false }) !== undefined;
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOTDIR') return false;
    throw e;
  }
}

/** True where it is there afterwards, whoever made it. */
function made(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (e) {
    const code = e instanceof Error && 'code' in e ? e.code : '';
    if (code === 'EEXIST') return statSync(folder).isDirectory();
    if (code === 'ENOENT') return false;
    throw e;
  }
}

function refused(folder: string, there: string, e: unknown): UnsmoothError {
  const known = UnsmoothError.from(e);
  if (known.code === 'DISK_FULL') return known;
  return new UnsmoothError(
    'FILE_IO',
    `${folder} cannot be made in ${there}: ${known.message}`,
    'Choose a folder that this user may write to (UNSMOOTH_LIBRARY names the library).',
    [],
    { cause: e },
  );
}
