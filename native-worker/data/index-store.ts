// Where indexes are kept, and whether a kept one is still true of the files it is about. Knows nothing of what a kind indexes.
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatasetKind } from '../../contract/recipe.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { joined, statOf } from './folder.ts';
import { type IndexHeader, readHeader, sha256 } from './index-format.ts';
import { IndexWriter } from './index-writer.ts';

export interface OpenIndex {
  file: string;
  /** sha256 of the header: readers in other threads make sure that they have the same one. */
  sum: string;
  header: IndexHeader;
  /** ms since 1970 when indexing began. */
  began: number;
  /** Folder that the index's paths start from, and the files among them that records point into. */
  base: string;
  files: readonly string[];
  /** [split][count], in shared memory. */
  labels: Int32Array[];
}

/** The index of what lies at `location`: the kept one where it is still true, else one that `make` writes. */
export async function indexOf(
  location: DatasetLocation,
  kind: DatasetKind,
  make: (writer: IndexWriter) => Promise<void>,
): Promise<OpenIndex> {
  const root = realpathSync(location.path);
  const key = createHash('sha256').update(`${kind}\n${root}`).digest('hex').slice(0, 32);
  const folder = join(location.indexes ?? temporaryFolder(), key);
  const file = join(folder, 'index');
  const base = statOf(location.path).isDirectory() ? location.path : dirname(location.path);
  const kept = openKept(file, kind, root, base);
  if (kept) return kept;
  mkdirSync(folder, { recursive: true });
  removeLeftOvers(folder);
  const unfinished = join(folder, `${process.pid}-${randomUUID()}${unfinishedEnding}`);
  const writer = new IndexWriter(unfinished, kind, root);
  try {
    try {
      await make(writer);
    } finally {
      writer.close();
    }
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
  const made = openIndex(file, base);
  if (made) return made;
  throw new Error(`${file}: an index that was just written cannot be read`);
}

const unfinishedEnding = '.tmp';
const dayMs = 24 * 60 * 60 * 1000;

/** Of processes that were killed while they indexed. */
function removeLeftOvers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (name.endsWith(unfinishedEnding) && Date.now() - changed > dayMs) rmSync(path, { force: true });
  }
}

/** A change of a folder in the very tick that indexing began in has the same time as one before it. */
const tickMs = 50;

function openKept(file: string, kind: DatasetKind, root: string, base: string): OpenIndex | undefined {
  if (!existsSync(file)) return undefined;
  const kept = openIndex(file, base);
  if (!kept || kept.header.kind !== kind || kept.header.root !== root) return undefined;
  const { began } = kept;
  const { stamps } = kept.header;
  const same = stamps.every(([path, mtime, size]) => {
    try {
      const now = stampOf(joined(Buffer.from(base), Buffer.from(path, 'latin1')), path);
      return now[1] === mtime && now[2] === size && Math.abs(Number(mtime) / 1e6 - began) > tickMs;
    } catch {
      return false;
    }
  });
  return same ? kept : undefined;
}

/** [relative path, mtime in ns, size; -1: a folder]: what openKept compares. */
export function stampOf(full: Buffer, relative: string): IndexHeader['stamps'][number] {
  const s = statOf(full);
  return [relative, String(s.mtimeNs), s.isDirectory() ? -1 : Number(s.size)];
}

/** Undefined where it is damaged, cut short, or of another version. */
function openIndex(file: string, base: string): OpenIndex | undefined {
  const read = readHeader(file);
  if (!read) return undefined;
  const fd = openSync(file, 'r');
  try {
    const labels: Int32Array[] = [];
    for (const split of read.header.splits) {
      const values = new Int32Array(new SharedArrayBuffer(split.count * Int32Array.BYTES_PER_ELEMENT));
      const bytes = new Uint8Array(values.buffer);
      if (readSync(fd, bytes, 0, bytes.length, split.labels) < bytes.length) return undefined;
      if (sha256(bytes) !== split.labelsSum) return undefined;
      labels.push(values);
    }
    return { file, ...read, labels, base, files: read.header.files };
  } finally {
    closeSync(fd);
  }
}

let temporary: string | undefined;
/** For this process; gone with it. */
function temporaryFolder(): string {
  if (temporary) return temporary;
  const made = mkdtempSync(join(tmpdir(), 'unsmooth-index-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  temporary = made;
  return made;
}
