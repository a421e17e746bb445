// The entries of a zip file and where their bytes lie; nothing is unpacked to disk. Knows nothing of what the entries hold.
import { inflateRawSync } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl';
import { UnsmoothError } from '../../contract/errors.ts';
import { type ByteSource, checkpointInvalid, fileRegion, readFully, shown } from './file-bytes.ts';

export interface ZipEntry {
  readonly name: string;
  /** Unpacked. */
  readonly bytes: number;
  readonly deflated: boolean;
  /** The bytes as they lie in the file. */
  readonly stored: ByteSource;
}

const entryCap = 20_000;
const damaged = 'The file is truncated or damaged; copy or download it again.';

/** The entries in the order of the directory. Throws CHECKPOINT_INVALID. */
export async function readZip(path: string, fd: number, size: number): Promise<readonly ZipEntry[]> {
  try {
    return await new Promise<ZipEntry[]>((resolve, reject) => {
      readEntries(path, fd, size, new GuardedReader(fd, size, reject)).then(resolve, reject);
    });
  } catch (e) {
    if (e instanceof UnsmoothError) throw e;
    throw checkpointInvalid(path, `zip: ${e instanceof Error ? shown(e.message) : 'unreadable'}`, undefined, damaged);
  }
}

/** yauzl's way to the file. What yauzl throws in its own callbacks, where nobody could catch it, goes to `fail`. */
class GuardedReader extends RandomAccessReader {
  readonly #fd: number;
  readonly #size: number;
  readonly #fail: (e: unknown) => void;
  constructor(fd: number, size: number, fail: (e: unknown) => void) {
    super();
    this.#fd = fd;
    this.#size = size;
    this.#fail = fail;
  }
  override read(buffer: Buffer, offset: number, length: number, at: number, done: (e: Error | null) => void): void {
    const within = Number.isSafeInteger(at) && at >= 0 && at + length <= this.#size;
    queueMicrotask(() => {
      try {
        const got = within ? readFully(this.#fd, buffer.subarray(offset, offset + length), at) : 0;
        done(got === length ? null : new Error(`expected ${length} bytes at ${at}, the file has ${this.#size}`));
      } catch (e) {
        this.#fail(e);
      }
    });
  }
}

async function readEntries(path: string, fd: number, size: number, reader: GuardedReader): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const ranges: { name: string; from: number; to: number }[] = [];
  const names = new Set<string>();
  const zip = await fromRandomAccessReaderPromise(reader, size, { autoClose: false });
  if (!(zip.entryCount <= entryCap)) throw checkpointInvalid(path, `zip of ${zip.entryCount} entries`);
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    const refuse = (message: string) => checkpointInvalid(path, `zip entry ${shown(name)}: ${message}`);
    if (names.has(name)) throw refuse('is there twice');
    names.add(name);
    if (entry.generalPurposeBitFlag & 1) throw refuse('is encrypted');
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
      throw refuse(`expected stored or deflated, found compression ${entry.compressionMethod}`);
    const from = entry.relativeOffsetOfLocalHeader;
    const start = dataStart(fd, size, from);
    if (start === undefined) throw refuse(`expected its header at byte ${from}, found something else`);
    const to = start + entry.compressedSize;
    if (!(to <= size)) throw refuse(`expected data up to byte ${to}, the file has ${size}`);
    ranges.push({ name, from, to });
    entries.push({
      name,
      bytes: entry.uncompressedSize,
      deflated: entry.compressionMethod === 8,
      stored: fileRegion(path, fd, start, entry.compressedSize),
    });
  }
  ranges.sort((a, b) => a.from - b.from);
  for (const [i, { name, to }] of ranges.entries()) {
    const next = ranges[i + 1];
    if (next && to > next.from)
      throw checkpointInvalid(path, `zip entries ${shown(name)} and ${shown(next.name)} overlap`);
  }
  return entries;
}

/** Where an entry's data begins, from its local header; undefined where there is none. */
function dataStart(fd: number, size: number, header: number): number | undefined {
  const bytes = Buffer.alloc(30);
  if (!(header + 30 <= size)) return undefined;
  if (readFully(fd, bytes, header) < 30 || bytes.readUInt32LE(0) !== 0x04034b50) return undefined;
  return header + 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
}

/** One entry unpacked, at most `cap` bytes of memory. Throws CHECKPOINT_INVALID for more, or another length than it says. */
export function unpack(path: string, entry: ZipEntry, cap: number): Uint8Array<ArrayBuffer> {
  const refuse = (message: string) => checkpointInvalid(path, `zip entry ${shown(entry.name)}: ${message}`);
  if (entry.bytes > cap) throw refuse(`${entry.bytes} bytes, expected at most ${cap}`);
  const packed = new Uint8Array(entry.stored.bytes);
  entry.stored.read(packed, 0);
  if (!entry.deflated) return packed;
  const bytes = inflate(packed, Math.max(1, entry.bytes), refuse);
  if (bytes.length !== entry.bytes) throw refuse(`expected ${entry.bytes} bytes unpacked, found ${bytes.length}`);
  return bytes;
}

/** The first bytes of an entry, at least `count` of them where it has so many. */
export function beginning(path: string, entry: ZipEntry, count: number): Uint8Array<ArrayBuffer> {
  const refuse = (message: string) => checkpointInvalid(path, `zip entry ${shown(entry.name)}: ${message}`);
  const wanted = Math.min(count, entry.bytes);
  if (!entry.deflated) {
    const bytes = new Uint8Array(wanted);
    entry.stored.read(bytes, 0);
    return bytes;
  }
  // Deflate makes at most 1032 bytes of one: a few KiB of it stay small.
  for (let packed = count + 64; ; packed *= 2) {
    const part = new Uint8Array(Math.min(packed, entry.stored.bytes));
    entry.stored.read(part, 0);
    const bytes = inflate(part, part.length * 1100 + 1024, refuse, true);
    if (bytes.length >= wanted || part.length === entry.stored.bytes) return bytes;
  }
}

function inflate(packed: Uint8Array, cap: number, refuse: (message: string) => UnsmoothError, partly = false) {
  try {
    const options = { maxOutputLength: cap, ...(partly ? { finishFlush: 2 /* Z_SYNC_FLUSH */ } : {}) };
    return new Uint8Array(inflateRawSync(packed, options));
  } catch (e) {
    const tooLong = e instanceof Error && 'code' in e && e.code === 'ERR_BUFFER_TOO_LARGE';
    throw refuse(tooLong ? 'unpacks to more than it says' : 'cannot be unpacked (damaged)');
  }
}
