// The index of a dataset on disk: header and records in one file. Whether one is still true is index-store's matter.
//
//   0   magic "unsmidx\n"   8   version u32   12  header length u32   16  header offset u64   24  file size u64   32  sha256 of the header
//   64  when indexing began, ms since 1970, f64: no part of the header, so that two that index the same write the same   72  free
//   80  names, tables, labels; then the header: JSON, `indexHeader`. Little-endian; paths are bytes, in JSON latin1 strings.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { datasetKinds } from '../../contract/recipe.ts';

export const indexVersion = 1;
export const preludeBytes = 80;
/** Where the sha256 of the header lies. */
export const sumAt = 32;
export const sumBytes = 32;
const magic = 'unsmidx\n';

const splitRecord = z.object({
  name: z.string(),
  count: z.int().min(0),
  byClass: z.boolean(),
  /** Offset of `count` int32 labels, and their sha256. */
  labels: z.int().min(preludeBytes),
  labelsSum: z.string(),
  /** Offset of `count` records; 0 where the source needs none. */
  table: z.int().min(0),
  /** Where row groups begin, with the file and row group of each; null for other kinds. */
  blocks: z.array(z.tuple([z.int().min(0), z.int().min(0), z.int().min(0)])).nullable(),
});

export const indexHeader = z.object({
  kind: z.enum(datasetKinds),
  /** Real path of what is indexed. */
  root: z.string(),
  /** Relative path, mtime in ns, size (-1: a folder) of all whose change makes this index stale. */
  stamps: z.array(z.tuple([z.string(), z.string(), z.number()])),
  classes: z.int().min(0),
  classNames: z.array(z.string()).nullable(),
  channels: z.union([z.literal(1), z.literal(3)]),
  fingerprint: z.string(),
  notes: z.array(z.string()),
  problems: z.array(z.object({ where: z.string(), message: z.string() })),
  problemCount: z.int(),
  /** Archives or Parquet files, relative to root, that records point into. */
  files: z.array(z.string()),
  /** Column that holds the images of a Parquet file. */
  column: z.string().nullable(),
  splits: z.array(splitRecord),
});
export type IndexHeader = z.infer<typeof indexHeader>;
export type IndexSplit = IndexHeader['splits'][number];

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function prelude(header: Buffer, headerAt: number, began: number): Buffer {
  const start = Buffer.alloc(preludeBytes);
  start.write(magic, 0, 'latin1');
  start.writeUInt32LE(indexVersion, 8);
  start.writeUInt32LE(header.length, 12);
  start.writeBigUInt64LE(BigInt(headerAt), 16);
  start.writeBigUInt64LE(BigInt(headerAt + header.length), 24);
  createHash('sha256').update(header).digest().copy(start, sumAt);
  start.writeDoubleLE(began, 64);
  return start;
}

/** Undefined for anything but a whole index of this version. */
export function readHeader(file: string): { header: IndexHeader; sum: string; began: number } | undefined {
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(preludeBytes);
    if (readSync(fd, start, 0, preludeBytes, 0) < preludeBytes) return undefined;
    if (start.toString('latin1', 0, 8) !== magic || start.readUInt32LE(8) !== indexVersion) return undefined;
    const length = start.readUInt32LE(12);
    const at = Number(start.readBigUInt64LE(16));
    const size = Number(start.readBigUInt64LE(24));
    if (at + length !== size || fstatSync(fd).size !== size) return undefined;
    const json = Buffer.alloc(length);
    const sum = start.toString('hex', sumAt, sumAt + sumBytes);
    if (readSync(fd, json, 0, length, at) < length || sha256(json) !== sum) return undefined;
    const parsed = indexHeader.safeParse(JSON.parse(json.toString('utf8')));
    return parsed.success ? { header: parsed.data, sum, began: start.readDoubleLE(64) } : undefined;
  } finally {
    closeSync(fd);
  }
}
