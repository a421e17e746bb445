// Samples that are files of their own, named by records of an index: 8 bytes each, offset (48 bits) and length (16) of the path.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { UnsmoothError } from '../../../contract/errors.ts';
import { IndexRecords } from '../index-records.ts';
import { shown } from '../names.ts';
import type { FileSource, SampleReader } from '../samples.ts';
import { checkEncodedSize, headBytes, unreadable } from './unreadable.ts';

export const fileRecordBytes = 8;

export function writeFileRecord(record: Buffer, pathAt: number, pathBytes: number): void {
  record.writeUIntLE(pathAt, 0, 6);
  record.writeUInt16LE(pathBytes, 6);
}

export function fileSamples({ index, sum, root, table }: FileSource): SampleReader {
  const records = new IndexRecords(index, sum);
  const base = Buffer.from(`${root}/`);
  const pathOf = (i: number): Buffer => {
    const record = records.bytes(table + i * fileRecordBytes, fileRecordBytes);
    return Buffer.concat([base, records.bytes(record.readUIntLE(0, 6), record.readUInt16LE(6))]);
  };
  const bytesOf = (i: number, most?: number): Uint8Array => {
    const path = pathOf(i);
    try {
      return contentOf(path, most);
    } catch (e) {
      throw unreadable(shown(path), e);
    }
  };
  return {
    read: async (i) => ({ encoded: bytesOf(i) }),
    head: async (i) => bytesOf(i, headBytes),
    where: (i) => shown(pathOf(i)),
    close: async () => records.close(),
  };
}

/** All of a file, or the first `most` bytes. */
function contentOf(path: Buffer, most = Number.POSITIVE_INFINITY): Uint8Array {
  // Without O_NONBLOCK opening what has become a pipe would wait for ever.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new UnsmoothError('DATASET_INVALID', 'is not a plain file any more');
    checkEncodedSize(found.size);
    const bytes = Buffer.allocUnsafeSlow(Math.min(found.size, most));
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}
