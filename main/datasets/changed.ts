// Whether a dataset may have changed since it was looked at, as far as dates of a few folders say it. Reads no image and no list of images.
import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** More folders than this are not asked: it is for lists that open at once. */
const mostFolders = 64;

/** True where the folder (or file), or a folder directly in it, is newer than `checked` (ISO time). */
export function changedSince(place: string, checked: string): boolean {
  const since = Date.parse(checked);
  const newer = (p: string) => (statSync(p, { throwIfNoEntry: false })?.mtimeMs ?? 0) > since;
  return newer(place) || foldersIn(place).some(newer);
}

function foldersIn(place: string): string[] {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return [];
  let entries: Dirent[];
  try {
    entries = readdirSync(place, { withFileTypes: true });
  } catch {
    return []; // what cannot be listed is said when it is read
  }
  return entries
    .filter((e) => e.isDirectory())
    .slice(0, mostFolders)
    .map((e) => path.join(place, e.name));
}
