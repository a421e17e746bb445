import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { splitOf } from '../../native-worker/data/dataset.ts';
import { decodedOf } from '../../native-worker/data/samples.ts';
import { fixtures, inspected, openAt, readSplit, temporary } from './data.fixtures.ts';

describe('CIFAR binary files', () => {
  test('10: batches in order, planes interleaved, names by batches.meta.txt', async () => {
    const d = await openAt(join(fixtures, 'cifar10'));
    expect([d.kind, d.classes, d.channels, d.classNames?.[9]]).toEqual(['cifar10', 10, 3, 'class9']);
    expect([...splitOf(d, 'train').labels, ...splitOf(d, 'test').labels]).toEqual([0, 7, 0, 0]);
    const { pixels, width } = decodedOf(splitOf(d, 'train').source);
    expect(pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
    // Image 1, row 5, column 9: red is the image's number in its file, green the row, blue the column.
    const at = 3 * (32 * 32 + 5 * width + 9);
    expect([...pixels.subarray(at, at + 3)]).toEqual([1, 5, 9]);
    expect((await readSplit(d, 'test'))[0]).toMatchObject({ label: 0, size: [32, 32] });
  });

  test('100: fine labels, and what is said', async () => {
    const d = await openAt(join(fixtures, 'cifar100'));
    expect([...splitOf(d, 'train').labels]).toEqual([0, 7]);
    expect(d.notes).toEqual([
      'CIFAR-100, fine labels; the 20 coarse ones are not read: train from train.bin; test from test.bin',
    ]);
    expect(d.classNames?.[7]).toBe('fine7');
    const found = await inspected(join(fixtures, 'cifar100'));
    expect(found.identity).toMatchObject({ kind: 'cifar100', classes: 100, train: 2, val: 1, channels: 3 });
    expect(found.mean.map((m) => Math.round(m * 255 * 10) / 10)).toEqual([0.5, 15.5, 15.5]);
  });

  test('truncated, of another kind, with a label out of range: refused by file', async () => {
    const dir = temporary();
    cpSync(join(fixtures, 'cifar10'), dir, { recursive: true });
    const file = join(dir, 'data_batch_1.bin');
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, 5000));
    await expect(openAt(dir)).rejects.toThrow(`${file}: size: expected a multiple of 3073 bytes`);
    await expect(openAt(dir, 'cifar100')).rejects.toThrow('files: expected');
    content[3073] = 10;
    writeFileSync(file, content);
    await expect(openAt(dir)).rejects.toThrow(`${file}: label of image 1: expected 0 to 9, found 10`);
    writeFileSync(file, '');
    await expect(openAt(dir)).rejects.toThrow('0 bytes');
  });

  test('the pickled form is named', async () => {
    const dir = temporary();
    writeFileSync(join(dir, 'data_batch_1'), 'pickle');
    await expect(openAt(dir)).rejects.toThrow('CIFAR as Python pickles');
  });
});
