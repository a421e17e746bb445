// Reads wheels: their hash, and the wanted files out of them. A wheel is a zip; it is streamed, never held in memory.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Wheel } from './plans.ts';
import { stopped } from './program.ts';

/** Hex sha256 of a file. */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}

/** Throws ENGINE_HASH_MISMATCH when `file` is not the pinned wheel. */
export async function checkWheel(file: string, wheel: Wheel, signal?: AbortSignal): Promise<void> {
  const found = await sha256(file, signal);
  if (found === wheel.sha256) return;
  throw new UnsmoothError(
    'ENGINE_HASH_MISMATCH',
    `${file} is not the expected ${wheel.file}: expected sha256 ${wheel.sha256}, found ${found}.`,
    'Nothing was changed. Fetch the file again and check where it came from.',
    [{ where: file, message: `expected ${wheel.sha256}, found ${found}` }],
  );
}

const openZip = (file: string): Promise<yauzl.ZipFile> =>
  new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true }, (e, zip) => (e ? reject(e) : resolve(zip)));
  });

const openEntry = (zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<NodeJS.ReadableStream> =>
  new Promise((resolve, reject) => {
    zip.openReadStream(entry, (e, stream) => (e ? reject(e) : resolve(stream)));
  });

/** Resolves with the next entry, or null at the end; rejects on a damaged directory or an entry that leaves the folder. */
function nextEntry(zip: yauzl.ZipFile): Promise<yauzl.Entry | null> {
  return new Promise((resolve, reject) => {
    const off = () => {
      zip.removeListener('entry', onEntry);
      zip.removeListener('end', onEnd);
      zip.removeListener('error', onError);
    };
    const onEntry = (entry: yauzl.Entry) => {
      off();
      resolve(entry);
    };
    const onEnd = () => {
      off();
      resolve(null);
    };
    const onError = (e: unknown) => {
      off();
      reject(e);
    };
    zip.on('entry', onEntry);
    zip.on('end', onEnd);
    zip.on('error', onError);
    zip.readEntry();
  });
}

export interface UnpackOptions {
  /** Where an entry goes below the folder, or null to leave it out. */
  placeOf: (entry: string) => string | null;
  signal?: AbortSignal | undefined;
  onBytes?: (bytes: number) => void;
}

/**
 * Writes the wanted entries of a wheel below `folder`. Throws ENGINE_INSTALL_FAILED when the wheel is damaged or names a path
 * outside, DISK_FULL when space runs out, STOPPED on the signal.
 */
export async function unpackWheel(file: string, folder: string, options: UnpackOptions): Promise<void> {
  let zip: yauzl.ZipFile | undefined;
  try {
    zip = await openZip(file);
    for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
      if (options.signal?.aborted) throw stopped();
      const place = options.placeOf(entry.fileName);
      if (place === null) continue;
      const target = path.join(folder, place);
      if (path.relative(folder, target).startsWith('..')) throw new Error(`invalid relative path: ${entry.fileName}`);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      const mode = ((entry.externalFileAttributes >>> 16) & 0o111) !== 0 ? 0o755 : 0o644;
      const source = await openEntry(zip, entry);
      source.on('data', (d: Buffer) => options.onBytes?.(d.length));
      await pipeline(source, fs.createWriteStream(target, { mode }), { signal: options.signal });
    }
  } catch (e) {
    if (options.signal?.aborted) throw stopped();
    const known = UnsmoothError.from(e);
    if (known.code === 'DISK_FULL' || known.code === 'FILE_IO' || known.code === 'STOPPED') throw known;
    throw new UnsmoothError(
      'ENGINE_INSTALL_FAILED',
      `${file} cannot be unpacked: ${known.message}.`,
      'The wheel is damaged: fetch it again.',
      [{ where: file, message: known.message }],
      { cause: e },
    );
  } finally {
    zip?.close();
  }
}
