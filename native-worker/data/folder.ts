// One folder of people's files: what is in it, noise left out, links followed, names as the bytes they are. Knows no dataset format.
import { type BigIntStats, type Dirent, readdirSync, statSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Findings } from './findings.ts';
import { classOfFile, extensionOf, isNoise, shown } from './names.ts';

export interface Listing {
  /** Sorted by their bytes, as every list here. */
  folders: Buffer[];
  images: Buffer[];
  /** Images of formats that are not read. */
  unreadable: Buffer[];
  /** Anything else that is a plain file. */
  others: Buffer[];
}

const slash = Buffer.from('/');
/** `a/b`; an empty left side is left out. */
export const joined = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, slash, name]);

/** Folders on the way down, by device and inode: a link back to one of them would never end. */
export type Ancestors = ReadonlySet<string>;
export const identityOf = (s: BigIntStats): string => `${s.dev}:${s.ino}`;
export const statOf = (path: Buffer | string): BigIntStats => statSync(path, { bigint: true });

/** What lies in `path`. Never throws for a single entry: what cannot be looked at is a problem in `findings`. */
export function listFolder(path: Buffer, findings: Findings): Listing {
  const listing: Listing = { folders: [], images: [], unreadable: [], others: [] };
  let entries: Dirent<Buffer>[];
  try {
    entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (e) {
    findings.problem(shown(path), `cannot be read: ${UnsmoothError.from(e).message}`);
    return listing;
  }
  for (const entry of entries) {
    const name = entry.name;
    const text = name.toString('latin1');
    if (isNoise(text)) {
      findings.ignored('hidden or system files');
      continue;
    }
    const type = typeOf(entry, joined(path, name), findings);
    if (type === 'folder') listing.folders.push(name);
    else if (type === 'file') sortFile(listing, name, text, findings);
  }
  for (const list of [listing.folders, listing.images, listing.unreadable, listing.others]) list.sort(Buffer.compare);
  return listing;
}

function sortFile(listing: Listing, name: Buffer, text: string, findings: Findings): void {
  const kind = classOfFile(text);
  if (kind === 'image') listing.images.push(name);
  else if (kind === 'other') listing.others.push(name);
  else {
    listing.unreadable.push(name);
    findings.ignored(`.${extensionOf(text)} images, which are not read`);
  }
}

function typeOf(entry: Dirent<Buffer>, path: Buffer, findings: Findings): 'folder' | 'file' | 'none' {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) {
    findings.ignored('special files');
    return 'none';
  }
  try {
    const target = statSync(path);
    return target.isDirectory() ? 'folder' : target.isFile() ? 'file' : 'none';
  } catch {
    findings.problem(shown(path), 'a link that leads nowhere');
    return 'none';
  }
}
