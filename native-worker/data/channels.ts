// Whether a dataset of encoded images is grey or colour: the heads of a few of its images tell.
import { closeSync, openSync, readSync } from 'node:fs';
import sharp from 'sharp';

/** 1 where every image that can be read is grey, else 3. */
export async function channelsOf(samples: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<1 | 3> {
  let grey = false;
  for await (const encoded of samples) {
    const channels = await channelsOfImage(encoded);
    if (channels > 2) return 3;
    grey ||= channels > 0;
  }
  return grey ? 1 : 3;
}

/** With its transparency; 0 where the head cannot be read. */
async function channelsOfImage(encoded: Uint8Array): Promise<number> {
  try {
    return (await sharp(encoded).metadata()).channels;
  } catch {
    return 0;
  }
}

/** Of files of their own, by the first bytes of each. */
export const channelsOfFiles = (paths: readonly Buffer[]): Promise<1 | 3> => channelsOf(heads(paths));

function* heads(paths: readonly Buffer[]): Iterable<Uint8Array> {
  for (const path of paths) {
    const head = headOf(path);
    if (head) yield head;
  }
}

/** Undefined where it cannot be opened: reading it as a sample will say so. */
function headOf(path: Buffer): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(1 << 17);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
