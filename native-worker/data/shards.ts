// Datasets that lie in a few large files: which files there are, which split each belongs to, and their state as an index remembers it.
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Findings } from './findings.ts';
import { joined, listFolder } from './folder.ts';
import type { IndexHeader } from './index-format.ts';
import { stampOf } from './index-store.ts';
import { extensionOf, isSplitName, shown } from './names.ts';

/** How far below the root files are looked for: `train/part/0001.tar`. */
const deepest = 3;

export interface Shards {
  /** Folder that the names start from. */
  base: string;
  /** Relative to base, bytes as latin1, sorted. */
  files: string[];
  /** Split → places in `files`, in order. */
  splits: Map<string, number[]>;
  stamps: IndexHeader['stamps'];
}

/** Path of a shard: its name may not be UTF-8. */
export const shardPath = (base: string, file: string): Buffer => joined(Buffer.from(base), Buffer.from(file, 'latin1'));

/** All files of that ending at `root`, a folder or one file. Throws DATASET_INVALID where there is none. */
export function shardsOf(root: string, extension: string, findings: Findings): Shards {
  const shards: Shards = { base: root, files: [], splits: new Map(), stamps: [] };
  if (statSync(root).isDirectory()) collect(shards, Buffer.alloc(0), extension, findings, deepest);
  else {
    shards.base = dirname(root);
    shards.files.push(Buffer.from(basename(root)).toString('latin1'));
  }
  if (shards.files.length === 0)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${root}: there is no .${extension} file in it`,
      'Give the folder that holds them.',
    );
  shards.files.sort();
  for (const [i, file] of shards.files.entries()) {
    shards.stamps.push(stampOf(shardPath(shards.base, file), file));
    const split = splitOfFile(file);
    shards.splits.set(split, [...(shards.splits.get(split) ?? []), i]);
  }
  return shards;
}

function collect(shards: Shards, folder: Buffer, extension: string, findings: Findings, depth: number): void {
  const full = joined(Buffer.from(shards.base), folder);
  shards.stamps.push(stampOf(full, folder.toString('latin1')));
  const { folders, others } = listFolder(full, findings);
  for (const name of others) {
    const file = joined(folder, name).toString('latin1');
    if (extensionOf(file) === extension) shards.files.push(file);
  }
  if (depth > 0) for (const name of folders) collect(shards, joined(folder, name), extension, findings, depth - 1);
}

/**
 * `train-00000-of-00002.parquet`, `imagenet1k-train-0000.tar` and `train/0000.tar` are of split train; `0000.tar` of all. A known
 * name wins over what a file name begins with, and that over its folder.
 */
export function splitOfFile(file: string): string {
  const text = shown(Buffer.from(file, 'latin1'));
  const stem = basename(text).replace(/\.[^.]*$/, '');
  const beginning = stem.replace(/(?:[-_.]?\d+)?(?:-of-\d+)?$/, '');
  const words = beginning.split(/[-_.]/);
  const folders = dirname(text)
    .split('/')
    .filter((f) => f !== '.');
  return words.find(isSplitName) ?? folders.findLast(isSplitName) ?? (beginning || folders.at(-1) || 'all');
}
