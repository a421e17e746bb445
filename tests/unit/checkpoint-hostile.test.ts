import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTensors } from '../../native-worker/checkpoint/open.ts';
import { allOf, fixture, npyOf, py, refusalOf, torchZipOf, zipOf } from './checkpoint.fixtures.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hostile-'));
  path = join(dir, 'a.bin');
});
afterEach(() => rmSync(dir, { recursive: true }));

async function refused(content: Uint8Array): Promise<string> {
  writeFileSync(path, content);
  const error = await refusalOf(path);
  expect(error.code).toBe('CHECKPOINT_INVALID');
  expect(error.message).toContain(path);
  expect(readdirSync(dir)).toEqual(['a.bin']);
  return error.message;
}

const storage = { 0: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer) };
const six = py.storage('0', 6);
const model = (tensor: string): Buffer => py.bytes(py.dict({ x: tensor }));

describe('pickles that would run something', () => {
  test('os.system beside the weights is a name in the metadata; nothing is run', async () => {
    const marker = join(dir, 'executed');
    const system = py.call(py.global('os', 'system'), py.text(`touch ${marker}`));
    writeFileSync(
      path,
      torchZipOf(py.bytes(py.dict({ model: py.dict({ x: py.tensor(six, 0, [2], [1]) }), args: system })), storage),
    );
    const file = await openTensors(path);
    expect(file.metadata.args).toBe('<os.system>');
    expect(allOf(file).x?.values).toEqual(Float32Array.of(1, 2));
    file.close();
    expect(readdirSync(dir)).toEqual(['a.bin']);
  });
  test('in place of the whole, of a tensor, of a storage, of a size', async () => {
    const system = py.call(py.global('os', 'system'), py.text('exit'));
    expect(await refused(torchZipOf(py.bytes(system)))).toContain('a whole object of the class os.system');
    expect(await refused(torchZipOf(model(system)))).toContain('holds no tensors by name');
    expect(await refused(torchZipOf(model(py.tensor(system, 0, [1], [1]))))).toContain('a tensor without a storage');
    expect(await refused(torchZipOf(py.bytes(`${system}Q`)))).toContain('a persistent id that is no storage of torch');
    const sized = py.call(py.global('torch._utils', '_rebuild_tensor_v2'), six, py.int(0), system, system, '\x89', '}');
    expect(await refused(torchZipOf(model(sized), storage))).toContain('whose shape is no tuple of sizes');
  });
});

describe('tensors that are not in their storage', () => {
  const huge = 2n ** 53n;
  test.each<[string, string, string]>([
    ['longer', py.tensor(six, 0, [7], [1]), 'leaves its storage of 24 bytes'],
    ['beyond the end', py.tensor(six, 6, [1], [1]), 'leaves its storage'],
    ['a stride too long', py.tensor(six, 0, [2], [6]), 'leaves its storage'],
    ['before the start', py.tensor(six, -1, [2], [1]), 'offset is no count'],
    ['a negative stride', py.tensor(six, 5, [2], [-1]), 'stride is no tuple of sizes'],
    ['a negative size', py.tensor(six, 0, [-2], [1]), 'shape is no tuple of sizes'],
    ['a size of 2^63', py.tensor(six, 0, [2n ** 63n], [0]), 'shape is no tuple of sizes'],
    ['a product that overflows', py.tensor(six, 0, [2 ** 40, 2 ** 40], [0, 0]), 'leaves its storage'],
    ['a stride that overflows', py.tensor(six, 0, [3, 2], [huge - 1n, 1]), 'leaves its storage'],
    ['an offset that overflows', py.tensor(six, huge - 1n, [1], [1]), 'leaves its storage'],
    ['a terabyte of one element', py.tensor(six, 0, [2 ** 38], [0]), 'unfold to more than'],
    ['more axes than any library has', py.tensor(six, 0, Array(65).fill(1), Array(65).fill(1)), 'a tensor of 65 axes'],
    ['fewer strides than axes', py.tensor(six, 0, [2, 3], [1]), '2 axes with 1 strides'],
    [
      'a storage longer than its bytes',
      py.tensor(py.storage('0', 7), 0, [1], [1]),
      'expected 28 bytes of storage 0, found 24',
    ],
    ['a storage of another type', py.tensor(py.storage('0', 6, 'DoubleStorage'), 0, [1], [1]), 'expected 48 bytes'],
    ['a storage that is not there', py.tensor(py.storage('9', 6), 0, [1], [1]), 'its storage is not in the file'],
    ['a storage outside', py.tensor(py.storage('../data.pkl', 6), 0, [1], [1]), 'its storage is not in the file'],
    [
      'a storage of no known type',
      py.tensor(py.storage('0', 6, 'QInt8Storage'), 0, [1], [1]),
      'left out: x (QInt8Storage)',
    ],
  ])('%s', async (_, tensor, message) => {
    expect(await refused(torchZipOf(model(tensor), storage))).toContain(message);
  });
  test('an empty tensor of any offset, and a scalar, are whole', async () => {
    const both = py.dict({ empty: py.tensor(six, 100, [0, 5], [5, 1]), scalar: py.tensor(six, 5, [], []) });
    writeFileSync(path, torchZipOf(py.bytes(both), storage));
    const file = await openTensors(path);
    expect([...file.readFloat32('empty')]).toEqual([]);
    expect([...file.readFloat32('scalar')]).toEqual([6]);
    file.close();
  });
  test('a byte order that is none', async () => {
    const members = [
      { name: 'a/data.pkl', data: model(py.tensor(six, 0, [1], [1])) },
      { name: 'a/byteorder', data: Buffer.from('middle') },
      { name: 'a/data/0', data: storage[0] },
    ];
    expect(await refused(zipOf(members))).toContain('byteorder: expected little or big');
  });
});

describe('keys named like parts of every object', () => {
  test('as tensors, weights and metadata', async () => {
    const x = py.tensor(six, 0, [2], [1]);
    const root = py.dict({ __proto: py.text('a'), model: `}${py.text('__proto__')}${x}s`, constructor: py.text('c') });
    const polluting = root.replace(py.text('__proto'), py.text('__proto__'));
    writeFileSync(path, torchZipOf(py.bytes(polluting), storage));
    const file = await openTensors(path);
    expect([...file.tensors.keys()]).toEqual(['__proto__']);
    expect([...file.readFloat32('__proto__')]).toEqual([1, 2]);
    expect(Object.getPrototypeOf(file.metadata)).toBe(Object.prototype);
    expect(Object.entries(file.metadata).sort()).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'c'],
    ]);
    file.close();
  });
});

describe('zip files', () => {
  const pickle = model(py.tensor(six, 0, [2], [1]));
  const zeros = Buffer.alloc(1 << 20);
  const headerBytes = (header: string) => npyOf(header, new Uint8Array()).length;
  const f4 = (shape: string, order = 'False') => `{'descr': '<f4', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const npz = (header: string, data: Uint8Array = Buffer.alloc(8), more = {}) =>
    zipOf([{ name: 'x.npy', data: npyOf(header, data), ...more }]);

  test.each<[string, () => Buffer, string]>([
    [
      'a pickle that unpacks to more than it says',
      () => zipOf([{ name: 'a/data.pkl', data: zeros, deflate: true, bytes: 99 }]),
      'unpacks to more than it says',
    ],
    [
      'a pickle of gigabytes',
      () => zipOf([{ name: 'a/data.pkl', data: zeros, deflate: true, bytes: 2 ** 31 }]),
      'expected at most 67108864',
    ],
    [
      'a compressed storage',
      () =>
        zipOf([
          { name: 'a/data.pkl', data: pickle },
          { name: 'a/data/0', data: storage[0], deflate: true },
        ]),
      'its storage is compressed',
    ],
    [
      'an array that unpacks to more than it says',
      () => npz(f4('(2,)'), zeros, { deflate: true, bytes: headerBytes(f4('(2,)')) + 8 }),
      'unpacks to more than it says',
    ],
    [
      'an array that unpacks to less',
      () => npz(f4('(99,)'), undefined, { deflate: true, bytes: headerBytes(f4('(99,)')) + 396 }),
      'bytes unpacked, found',
    ],
    [
      'an array of gigabytes',
      () => npz(f4('(1000000000,)'), zeros, { deflate: true, bytes: headerBytes(f4('(1000000000,)')) + 4e9 }),
      'compressed, expected at most',
    ],
    ['a shape that overflows', () => npz(f4('(4294967296, 4294967296)')), 'expected Infinity bytes'],
    ['a shape beyond its data', () => npz(f4('(3,)')), 'expected 12 bytes for <f4 [3], found 8'],
    ['a negative shape', () => npz(f4('(-2,)')), 'expected descr, fortran_order and shape'],
    ['no shape', () => npz("{'descr': '<f4', 'fortran_order': False}"), 'expected descr, fortran_order and shape'],
    ['records', () => npz("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), 'holds records'],
    ['objects', () => npz("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), 'pickled Python objects'],
    [
      'a header that is none',
      () => zipOf([{ name: 'x.npy', data: Buffer.alloc(64) }]),
      'expected .npy of version 1 to 3',
    ],
    [
      'a header longer than the array',
      () => zipOf([{ name: 'x.npy', data: Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\x7f', 'latin1') }]),
      'a header of 2147483659 bytes',
    ],
    [
      'damaged deflate',
      () => zipOf([{ name: 'x.npy', data: npyOf(f4('(2,)'), Buffer.alloc(8)), deflate: true }]).fill(0xff, 35, 50),
      'cannot be unpacked',
    ],
    [
      'another zip',
      () => zipOf([{ name: 'word/document.xml', data: Buffer.from('<a/>') }]),
      'a zip of neither torch.save nor numpy.savez',
    ],
    [
      'an entry twice',
      () =>
        zipOf([
          { name: 'a/data.pkl', data: pickle },
          { name: 'a/data.pkl', data: pickle },
        ]),
      'is there twice',
    ],
    ['an entry outside', () => zipOf([{ name: '../data.pkl', data: pickle }]), 'zip: invalid relative path'],
    [
      'encryption',
      () => zipOf([{ name: 'a/data.pkl', data: pickle, deflate: true }], ([r]) => r?.writeUInt16LE(1, 8)),
      'is encrypted',
    ],
    [
      'an unknown compression',
      () => zipOf([{ name: 'a/data.pkl', data: pickle }], ([r]) => r?.writeUInt16LE(14, 10)),
      'found compression 14',
    ],
    [
      'an entry beyond the end',
      () => zipOf([{ name: 'a/data.pkl', data: pickle }], ([r]) => r?.writeUInt32LE(0x7fffffff, 42)),
      'expected its header at byte',
    ],
    [
      'data beyond the end',
      () => zipOf([{ name: 'x.npy', data: Buffer.alloc(9), deflate: true }], ([r]) => r?.writeUInt32LE(0x7fffffff, 20)),
      'expected data up to byte',
    ],
    [
      'a directory that goes on',
      () => zipOf([{ name: 'a/data.pkl', data: pickle }], (all) => all.push(Buffer.alloc(46))),
      'zip: ',
    ],
  ])('%s', async (_, content, message) => {
    expect(await refused(content())).toContain(message);
  });

  test('entries that overlap, as in bombs that unpack the same bytes many times', async () => {
    const members = [
      { name: 'a.npy', data: npyOf(f4('(2,)'), Buffer.alloc(8)), deflate: true },
      { name: 'b.npy', data: npyOf(f4('(2,)'), Buffer.alloc(8)), deflate: true },
    ];
    const overlapping = zipOf(members, ([a, b]) => b?.writeUInt32LE(a?.readUInt32LE(42) ?? 0, 42));
    expect(await refused(overlapping)).toContain('zip entries a.npy and b.npy overlap');
  });
  test.each([8, 32, 48])('an end of 64 bits with 2^63 at byte %i', async (at) => {
    const end = Buffer.alloc(56 + 20 + 22);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(1n, 32);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(4), 56 + 8);
    end.writeUInt32LE(0x06054b50, 76);
    end.writeBigUInt64LE(2n ** 63n, at === 8 ? 56 + 8 : at);
    expect(await refused(Buffer.concat([Buffer.from('PK\x03\x04'), end]))).toContain(': zip');
  });
  test('more entries than any checkpoint has', async () => {
    const members = Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}.npy`, data: new Uint8Array() }));
    expect(await refused(zipOf(members))).toContain('zip of 20001 entries');
  });
});

describe('truncated at every 1/64', () => {
  test.each([
    'plain.pth',
    'training.pth',
    'views.pt',
    'types.bin',
    'arrays.npz',
    'compressed.npz',
    'compiled.safetensors',
  ])('%s', async (name) => {
    const whole = readFileSync(fixture(name));
    for (let part = 0; part < 64; part++) await refused(whole.subarray(0, Math.floor((whole.length * part) / 64)));
  });
  test('shards and their index', async () => {
    const folder = join(dir, 'sharded');
    cpSync(fixture('sharded'), folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const whole = readFileSync(join(folder, name));
      for (let part = 0; part < 64; part++) {
        writeFileSync(join(folder, name), whole.subarray(0, Math.floor((whole.length * part) / 64)));
        const error = await refusalOf(join(folder, 'model.safetensors.index.json'));
        expect(error.code).toBe('CHECKPOINT_INVALID');
      }
      writeFileSync(join(folder, name), whole);
    }
  });
});

test('a safetensors header of 2^63 bytes', async () => {
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(2n ** 63n);
  expect(await refused(bytes)).toContain('found 9223372036854775808');
});
