import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { type WritableTensor, writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'safetensors-'));
  path = join(dir, 'a.safetensors');
});
afterEach(() => rmSync(dir, { recursive: true }));

const tensors: Record<string, WritableTensor> = {
  'b.weight': { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2.5, Number.NaN, Number.NEGATIVE_INFINITY) },
  mask: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 255) },
  step: { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 53n) - 1n) },
  a: { dtype: 'I32', shape: [1, 2], data: Int32Array.of(-1, 7) },
  empty: { dtype: 'F32', shape: [0, 4], data: new Float32Array() },
};
const metadata = { z: 'last', format: 'pt', 'naïve "key"': 'ok\n' };

function fileOf(header: unknown, data = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}
function refusal(content: Uint8Array): UnsmoothError {
  writeFileSync(path, content);
  try {
    readSafetensors(path).close();
  } catch (e) {
    if (e instanceof UnsmoothError) return e;
    throw e;
  }
  throw new Error('opened without a complaint');
}

describe('writing and reading', () => {
  test('gives back names, shapes, types, values and metadata', () => {
    expect(writeSafetensors(path, tensors, metadata)).toBe(readFileSync(path).length);
    const file = readSafetensors(path);
    expect(file.metadata).toEqual(metadata);
    expect(file.bytes).toBe(readFileSync(path).length);
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
      expect(file.tensors.get(name)).toMatchObject({ dtype, shape });
      expect(file.read(name)).toEqual(data);
    }
    expect(() => file.read('toString')).toThrow('tensor toString: expected in the file, found none of that name');
    file.close();
  });

  test('the same tensors give the same bytes whatever their order; data is aligned; nothing else is left', () => {
    writeSafetensors(path, tensors, metadata);
    const bytes = readFileSync(path);
    const reversed = Object.fromEntries(Object.entries(tensors).reverse());
    writeSafetensors(path, reversed, Object.fromEntries(Object.entries(metadata).reverse()));
    expect(readFileSync(path)).toEqual(bytes);
    expect(readdirSync(dir)).toEqual(['a.safetensors']);
    const file = readSafetensors(path);
    for (const { offset, dtype } of file.tensors.values())
      expect(offset % (dtype === 'I64' ? 8 : dtype === 'U8' ? 1 : 4)).toBe(0);
    file.close();
  });

  test('a view into a larger buffer is written as the view', () => {
    writeSafetensors(path, { x: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } }, {});
    const file = readSafetensors(path);
    expect(file.read('x')).toEqual(Float32Array.of(2, 3));
    file.close();
  });

  test('a shape that does not fit its data is refused and leaves the old file', () => {
    writeSafetensors(path, tensors, metadata);
    const bytes = readFileSync(path);
    const wrong = { x: { dtype: 'F32' as const, shape: [3], data: Float32Array.of(1) } };
    expect(() => writeSafetensors(path, wrong, {})).toThrow('tensor x: [3] needs 3 values, got 1');
    expect(readFileSync(path)).toEqual(bytes);
  });
});

describe('other types as float32', () => {
  const read = (dtype: string, bytes: Buffer) => {
    const size = ['F64', 'I64'].includes(dtype) ? 8 : dtype.startsWith('F8') ? 1 : 2;
    const header = { x: { dtype, shape: [bytes.length / size], data_offsets: [0, bytes.length] } };
    writeFileSync(path, Buffer.concat([fileOf(header), bytes]));
    const file = readSafetensors(path);
    try {
      return [...file.readFloat32('x')];
    } finally {
      file.close();
    }
  };
  const words = (...bits: number[]) => Buffer.from(Uint16Array.from(bits).buffer);
  test('F16', () => {
    const bits = words(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    const [tiny, smallest] = [2 ** -14, 2 ** -24];
    const expected = [1, -2, 65504, tiny, smallest, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    expect(read('F16', bits)).toEqual([...expected, 0.333251953125]);
  });
  test('BF16', () => {
    const values = read('BF16', words(0x3f80, 0xc000, 0x7f80, 0x3eab, 0xff80));
    expect(values).toEqual([1, -2, Number.POSITIVE_INFINITY, 0.333984375, Number.NEGATIVE_INFINITY]);
  });
  test('F64 and I64', () => {
    expect(read('F64', Buffer.from(Float64Array.of(0.5, 1e300).buffer))).toEqual([0.5, Number.POSITIVE_INFINITY]);
    expect(read('I64', Buffer.from(BigInt64Array.of(-3n).buffer))).toEqual([-3]);
  });
  test('8-bit floats are refused by name', () => {
    expect(() => read('F8_E4M3', Buffer.of(1))).toThrow(
      'tensor x: expected numbers readable as float32, found F8_E4M3',
    );
  });
});

describe('what is refused, naming file, tensor, expected and found', () => {
  test('truncation at every byte', () => {
    writeSafetensors(path, tensors, metadata);
    const whole = readFileSync(path);
    for (let n = 0; n < whole.length; n++) {
      const error = refusal(whole.subarray(0, n));
      expect(error.code).toBe('CHECKPOINT_INVALID');
      expect(error.message).toMatch(/a\.safetensors: .*expected .*\d+/);
    }
    expect(refusal(Buffer.concat([whole, Buffer.of(0)])).message).toContain('bytes after the last tensor');
  });

  const x = (more: object = {}) => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more });
  test.each<[string, Buffer, RegExp]>([
    [
      'another kind of file',
      Buffer.from('PK\x03\x04 and the rest of an archive'),
      /header length: expected 2 to 16777216 bytes, found \d+/,
    ],
    [
      'a header beyond the cap',
      Buffer.concat([Buffer.from('0100000100000000', 'hex'), Buffer.alloc(64)]),
      /header length: .*found 16777217/,
    ],
    ['no JSON', fileOf('{"x": '), /header: expected JSON, found/],
    ['not UTF-8', Buffer.concat([fileOf('').fill(2, 0, 1), Buffer.of(0xff, 0xfe)]), /header: expected JSON/],
    ['a list', fileOf('[]'), /header: .*expected object/i],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }), /header: __metadata__\.a: .*expected string/],
    ['no offsets', fileOf({ x: { dtype: 'F32', shape: [2] } }, 8), /header: x\.data_offsets/],
    ['a negative size', fileOf({ x: x({ shape: [-2] }) }, 8), /header: x\.shape\.0/],
    ['a broken size', fileOf({ x: x({ shape: [1.5] }) }, 8), /header: x\.shape\.0/],
    ['an unknown type', fileOf({ x: x({ dtype: 'F4' }) }, 8), /tensor x: dtype: expected one of .*found F4/],
    ['an inherited name as type', fileOf({ x: x({ dtype: 'toString' }) }, 8), /dtype: .*found toString/],
    ['shape against bytes', fileOf({ x: x({ shape: [3] }) }, 8), /tensor x: expected 12 bytes for F32 \[3\], found 8/],
    ['an overflowing shape', fileOf({ x: x({ shape: [2 ** 40, 2 ** 40] }) }, 8), /tensor x: expected .* found 8/],
    ['offsets backwards', fileOf({ x: x({ data_offsets: [8, 0] }) }, 8), /tensor x: expected 8 bytes .*found -8/],
    [
      'a hole',
      fileOf({ x: x(), y: x({ data_offsets: [12, 20] }) }, 20),
      /tensor y: expected to begin at byte 8, found 12 \(hole\)/,
    ],
    [
      'a hole at the start',
      fileOf({ x: x({ data_offsets: [4, 12] }) }, 12),
      /tensor x: expected to begin at byte 0, found 4 \(hole\)/,
    ],
    [
      'an overlap',
      fileOf({ x: x(), y: x({ data_offsets: [4, 12] }) }, 12),
      /tensor y: expected to begin at byte 8, found 4 \(overlap\)/,
    ],
    [
      'data beyond the end',
      fileOf({ x: x() }, 7),
      /tensor x: expected data up to byte \d+, the file has \d+ \(truncated\)/,
    ],
  ])('%s', (_, content, message) => {
    const error = refusal(content);
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
  });

  test('a PyTorch archive is told what to do; a missing file is not found', () => {
    expect(refusal(Buffer.from('PK\x03\x04 and the rest of an archive')).hint).toContain('safetensors.torch.save_file');
    expect(() => readSafetensors(join(dir, 'none'))).toThrow('does not exist');
  });

  test('a file of no tensors is fine', () => {
    writeFileSync(path, fileOf('{}'));
    const file = readSafetensors(path);
    expect(file.tensors.size).toBe(0);
    file.close();
  });

  test('a tensor named __proto__ does no harm', () => {
    expect(refusal(fileOf('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1)).code).toBe(
      'CHECKPOINT_INVALID',
    );
  });
});
