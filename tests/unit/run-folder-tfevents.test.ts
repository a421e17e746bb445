import { describe, expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from '../../native-worker/run-folder/crc32c.ts';
import { eventFileName, eventFileSeconds, eventRecord } from '../../native-worker/run-folder/tfevents.ts';

describe('CRC-32C', () => {
  // RFC 3720, B.4, and the check value of the polynomial
  test.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('vector %#', (bytes, expected) => expect(crc32c(bytes)).toBe(expected));

  test('is masked by a rotation and a constant', () => {
    expect(maskedCrc32c(Buffer.from('123456789'))).toBe(
      (((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0,
    );
  });
});

describe('event records', () => {
  test('the version record is the one TensorFlow writes', () => {
    // length 24; crc; double wall_time = 1; file_version = "brain.Event:2"; crc
    const record = Buffer.from(eventRecord({ type: 'version' }, 1));
    expect(record.readBigUInt64LE(0)).toBe(24n);
    expect(record.readUInt32LE(8)).toBe(maskedCrc32c(record.subarray(0, 8)));
    expect(record.subarray(12, 36).toString('hex')).toBe('09000000000000f03f1a0d627261696e2e4576656e743a32');
    expect(record.readUInt32LE(36)).toBe(maskedCrc32c(record.subarray(12, 36)));
    expect(record.length).toBe(40);
  });

  test('scalars: step as varint, one value a tag as float', () => {
    const record = Buffer.from(eventRecord({ type: 'scalars', step: 300, values: { 'a/b': 0.5, c: Number.NaN } }, 1));
    const event = record.subarray(12, -4).toString('hex');
    const first = '0a0a' + '0a03612f62' + '150000003f';
    const second = '0a08' + '0a0163' + '150000c07f';
    expect(event).toBe(`09000000000000f03f10ac022a16${first}${second}`);
  });

  test('a restart is a session log of status START', () => {
    const record = Buffer.from(eventRecord({ type: 'restart', step: 5 }, 1));
    expect(record.subarray(12, -4).toString('hex')).toBe('09000000000000f03f10053a020801');
  });

  test('file names sort by time', () => {
    const name = eventFileName(1_700_000_000, 'desk', 12, 2);
    expect(name).toBe('events.out.tfevents.1700000000.desk.12.2');
    expect(eventFileSeconds(name)).toBe(1_700_000_000);
    expect(eventFileSeconds('run.json')).toBeUndefined();
  });
});
