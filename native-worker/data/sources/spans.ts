// Samples that are spans of larger files, named by records of an index, 24 bytes each: file (u32), offset (u48), length (u32), offset
// (u48) and length (u16) of the name, two bytes free. A few files stay open.
import { readSync } from 'node:fs';
import { UnsmoothError } from '../../../contract/errors.ts';
import { IndexRecords } from '../index-records.ts';
import { shown } from '../names.ts';
import type { SampleReader, SpanSource } from '../samples.ts';
import { shardPath } from '../shards.ts';
import { OpenFiles } from './open-files.ts';
import { checkEncodedSize, headBytes, unreadable } from './unreadable.ts';

export const spanRecordBytes = 24;

export interface SpanRecord {
  file: number;
  offset: number;
  length: number;
  nameAt: number;
  nameBytes: number;
}

export function writeSpanRecord(record: Buffer, span: SpanRecord): void {
  record.writeUInt32LE(span.file, 0);
  record.writeUIntLE(span.offset, 4, 6);
  record.writeUInt32LE(span.length, 10);
  record.writeUIntLE(span.nameAt, 14, 6);
  record.writeUInt16LE(span.nameBytes, 20);
}

const readSpanRecord = (record: Buffer): SpanRecord => ({
  file: record.readUInt32LE(0),
  offset: record.readUIntLE(4, 6),
  length: record.readUInt32LE(10),
  nameAt: record.readUIntLE(14, 6),
  nameBytes: record.readUInt16LE(20),
});

export function spanSamples({ index, sum, root, files, table }: SpanSource): SampleReader {
  const records = new IndexRecords(index, sum);
  const open = new OpenFiles((file) => shardPath(root, files[file] ?? ''));
  const spanOf = (i: number) => readSpanRecord(records.bytes(table + i * spanRecordBytes, spanRecordBytes));
  const where = (i: number): string => {
    const { file, nameAt, nameBytes } = spanOf(i);
    return `${shown(shardPath(root, files[file] ?? ''))}: ${shown(records.bytes(nameAt, nameBytes))}`;
  };
  const bytesOf = (i: number, most = Number.POSITIVE_INFINITY): Uint8Array => {
    try {
      const { file, offset, length } = spanOf(i);
      checkEncodedSize(length);
      const bytes = Buffer.allocUnsafeSlow(Math.min(length, most));
      if (readSync(open.fd(file), bytes, 0, bytes.length, offset) < bytes.length)
        throw new UnsmoothError('DATASET_INVALID', 'the archive is shorter than it was');
      return bytes;
    } catch (e) {
      throw unreadable(where(i), e);
    }
  };
  return {
    read: async (i) => ({ encoded: bytesOf(i) }),
    head: async (i) => bytesOf(i, headBytes),
    where,
    close: async () => {
      records.close();
      open.close();
    },
  };
}
