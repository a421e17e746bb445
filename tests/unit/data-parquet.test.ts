import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test, vi } from 'vitest';
import { splitOf } from '../../native-worker/data/dataset.ts';
import { RawLabels } from '../../native-worker/data/raw-labels.ts';
import { openSamples } from '../../native-worker/data/samples.ts';
import { splitOfFile } from '../../native-worker/data/shards.ts';
import { fixtures, inspected, openAt, readSplit, temporary } from './data.fixtures.ts';

/** The real reading, counted. */
vi.mock('hyparquet', async (original) => {
  const real = await original<typeof import('hyparquet')>();
  return { ...real, parquetReadObjects: vi.fn(real.parquetReadObjects) };
});

const hub = join(fixtures, 'parquet/hub');
const plain = join(fixtures, 'parquet/plain');

describe('Parquet written by pyarrow', () => {
  test("the Hub's layout: structs, two files, row groups of two, names in their own order", async () => {
    const d = await openAt(hub);
    expect([d.kind, d.classNames, d.channels]).toEqual(['parquet', ['zebra', 'ant', 'bee'], 3]);
    expect(d.notes).toEqual([
      'Parquet: test from 1 file, train from 2 files; images in column image, labels in label',
      "the 3 classes are named and ordered by the Hub's metadata",
    ]);
    const train = await readSplit(d, 'train');
    expect(train.map((r) => r.label)).toEqual([2, 0, 1, 0, 2, 1, 1, 0]);
    for (const [i, { colour, label, size }] of train.entries()) {
      expect(colour).toEqual([20 * i, 100, 7 * label]);
      expect(size).toEqual(i % 2 ? [8, 8] : [12, 10]);
    }
    expect([...(splitOf(d, 'train').blocks ?? [])]).toEqual([0, 2, 4, 5, 7]);
    expect(train[6]?.where).toBe(join(hub, 'data/train-00001-of-00002.parquet: row 1'));
    expect([...splitOf(d, 'test').labels]).toEqual([0, -1, -1, 2]);
    expect((await inspected(hub)).splits.find((s) => s.name === 'test')).toMatchObject({ unlabelled: 2 });
    expect((await inspected(hub)).notes.at(-1)).toBe('2 of 4 images of split test have no label');
  });

  test('samples are read in any order', async () => {
    const d = await openAt(hub);
    const reader = openSamples(splitOf(d, 'train').source);
    const direct = await readSplit(d, 'train');
    for (const i of [7, 0, 5, 3, 0, 6]) {
      const [sample] = await Promise.all([reader.read(i), reader.read(7 - i)]);
      expect('encoded' in sample && sample.encoded.length).toBeGreaterThan(50);
      expect(reader.where(i)).toBe(direct[i]?.where);
    }
    await reader.close();
  });

  test('as many row groups are kept as are read by turns, and no more', async () => {
    const { source } = splitOf(await openAt(hub), 'train');
    const reader = openSamples(source, 2);
    const groupsRead = async (...samples: number[]) => {
      const before = vi.mocked(parquetReadObjects).mock.calls.length;
      for (const i of samples) await reader.read(i);
      return vi.mocked(parquetReadObjects).mock.calls.length - before;
    };
    expect(await groupsRead(0, 2, 1, 3, 0, 2)).toBe(2);
    expect(await groupsRead(4, 2, 4, 3)).toBe(1);
    expect(await groupsRead(0)).toBe(1);
    await reader.close();
  });

  test('a binary column, words as labels, one file', async () => {
    const d = await openAt(join(plain, 'all.parquet'));
    expect(d.classNames).toEqual(['apple', 'fig', 'pear']);
    expect(d.notes).toContain('labels are words: numbered in alphabetical order, apple, fig, pear');
    expect((await readSplit(d, 'all')).map((r) => [r.label, r.colour[0]])).toEqual([
      [2, 0],
      [0, 20],
      [2, 40],
      [1, 60],
    ]);
  });

  test('found below folders of its own, as the Hub converts data sets', async () => {
    const dir = temporary();
    cpSync(join(hub, 'data/test-00000-of-00001.parquet'), join(dir, 'default/validation/0000.parquet'));
    expect(Object.keys((await openAt(dir)).splits)).toEqual(['validation']);
  });

  test('splits by the names that people give', () => {
    for (const [file, split] of Object.entries({
      'train-00000-of-00002.parquet': 'train',
      'data/validation-00000-of-00001.parquet': 'validation',
      'default/test/0000.parquet': 'test',
      'imagenet1k-train-0012.tar': 'train',
      'train/a/0000.tar': 'train',
      '000.tar': 'all',
      'part-7.tar': 'part',
    }))
      expect([file, splitOfFile(file)]).toEqual([file, split]);
  });
});

describe('damaged and hostile Parquet', () => {
  test('cut short anywhere in footer and data: refused by file, nothing else thrown', async () => {
    const content = readFileSync(join(plain, 'all.parquet'));
    const dir = temporary();
    const file = join(dir, 'all.parquet');
    for (let n = 0; n < content.length; n += 37) {
      writeFileSync(file, content.subarray(0, n));
      await expect(openAt(dir)).rejects.toMatchObject({
        code: 'DATASET_INVALID',
        message: expect.stringContaining(file),
      });
    }
  });

  test('every byte of the footer changed: refused, or the file as it is', async () => {
    const content = readFileSync(join(plain, 'all.parquet'));
    const dir = temporary();
    const file = join(dir, 'all.parquet');
    const footer = content.length - 8 - content.readUInt32LE(content.length - 8);
    let refused = 0;
    for (let at = footer; at < content.length; at += 11) {
      const changed = Buffer.from(content);
      changed[at] = changed[at]! ^ 0x7f;
      writeFileSync(file, changed);
      try {
        expect(Object.keys((await openAt(dir)).splits)).toEqual(['all']);
      } catch (e) {
        refused++;
        expect(e).toMatchObject({ code: 'DATASET_INVALID' });
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  test('a footer longer than the file', async () => {
    const dir = temporary();
    const file = join(dir, 'x.parquet');
    copyFileSync(join(plain, 'all.parquet'), file);
    const content = readFileSync(file);
    content.writeUInt32LE(0xfffffff0, content.length - 8);
    writeFileSync(file, content);
    await expect(openAt(file)).rejects.toThrow(`${file}: footer: claims 4294967280 bytes of ${content.length}`);
  });

  test('a label that is no class is refused by its file', () => {
    const labels = new RawLabels();
    labels.id(1, 'a.parquet');
    labels.id(7, 'b.parquet');
    expect(() => labels.settle([], ['ant', 'bee'])).toThrow('b.parquet: label 7: expected 0 to 1');
    labels.id(-2, 'c.parquet');
    expect(() => labels.settle([], null)).toThrow('c.parquet: label -2: expected a whole number');
  });

  test('files that do not belong together', async () => {
    const dir = temporary();
    cpSync(hub, dir, { recursive: true });
    mkdirSync(join(dir, 'more'));
    copyFileSync(join(plain, 'all.parquet'), join(dir, 'more/test-2.parquet'));
    await expect(openAt(dir)).rejects.toThrow('test-2.parquet: has images in column img, labels in labels, unlike');
  });
});
