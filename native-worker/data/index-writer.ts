// Writes an index: names go to disk as they come, 12 bytes an image wait in memory for the end. Knows nothing of where indexes are kept.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { DatasetKind } from '../../contract/recipe.ts';
import { Growing } from './growing.ts';
import { type IndexHeader, type IndexSplit, prelude, preludeBytes, sha256 } from './index-format.ts';

const flushAt = 1 << 20;

/** One split while it is indexed. */
export class SplitWriter {
  readonly name: string;
  readonly byClass: boolean;
  readonly labels = new Growing(4);
  readonly table: Growing;
  blocks: IndexSplit['blocks'] = null;
  constructor(name: string, byClass: boolean, recordBytes: number) {
    this.name = name;
    this.byClass = byClass;
    this.table = new Growing(recordBytes);
  }
  get count(): number {
    return this.labels.count;
  }
  label(value: number): void {
    this.labels.next().writeInt32LE(value, 0);
  }
}

export class IndexWriter {
  private readonly fd: number;
  private readonly pending: Buffer[] = [];
  private pendingBytes = 0;
  private at = preludeBytes;
  private readonly hash: Hash = createHash('sha256');
  private readonly unhashed: Buffer[] = [];

  private readonly kind: DatasetKind;
  private readonly root: string;
  private readonly began = Date.now();

  /** `root`: real path of what is indexed. */
  constructor(file: string, kind: DatasetKind, root: string) {
    this.kind = kind;
    this.root = root;
    this.fd = openSync(file, 'wx');
  }
  /** Appends; returns where. */
  append(bytes: Buffer): number {
    const at = this.at;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    this.at += bytes.length;
    if (this.pendingBytes >= flushAt) this.flush();
    return at;
  }
  /** Adds to the dataset's fingerprint, in the order of the images. */
  fingerprint(bytes: Buffer | string): void {
    this.unhashed.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    if (this.unhashed.length >= 1024) this.hashPending();
  }
  private hashPending(): void {
    this.hash.update(Buffer.concat(this.unhashed));
    this.unhashed.length = 0;
  }
  /** Splits, then the header, then the prelude that makes the file count. */
  finish(splits: readonly SplitWriter[], rest: Omit<IndexHeader, 'splits' | 'fingerprint' | 'kind' | 'root'>): void {
    const records = splits.map((s): IndexSplit => {
      const labels = s.labels.bytes();
      const table = s.table.count > 0 ? this.append(s.table.bytes()) : 0;
      const { name, count, byClass, blocks } = s;
      return { name, count, byClass, labels: this.append(labels), labelsSum: sha256(labels), table, blocks };
    });
    this.hashPending();
    const { kind, root } = this;
    const header: IndexHeader = { kind, root, ...rest, splits: records, fingerprint: this.hash.digest('hex') };
    const json = Buffer.from(JSON.stringify(header));
    const at = this.append(json);
    this.flush();
    writeAll(this.fd, prelude(json, at, this.began), 0);
    fsyncSync(this.fd);
  }
  close(): void {
    closeSync(this.fd);
  }
  private flush(): void {
    const bytes = Buffer.concat(this.pending);
    this.pending.length = 0;
    this.pendingBytes = 0;
    writeAll(this.fd, bytes, this.at - bytes.length);
  }
}

function writeAll(fd: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
