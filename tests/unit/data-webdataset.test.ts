import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { splitOf } from '../../native-worker/data/dataset.ts';
import { openSamples } from '../../native-worker/data/samples.ts';
import { fixtures, inspected, openAt, readSplit, temporary } from './data.fixtures.ts';

const shards = join(fixtures, 'webdataset');
const evil = join(fixtures, 'hostile/evil.tar');

describe("WebDataset shards written by Python's tarfile", () => {
  test('GNU and pax archives, long names, .cls and .json, labels that begin at 1', async () => {
    const d = await openAt(shards);
    expect([d.kind, d.classes, d.classNames]).toEqual(['webdataset', 2, ['1', '2']]);
    expect(d.notes.slice(0, 2)).toEqual([
      'WebDataset: train from 2 shards, val from 1 shard',
      'labels run from 1 to 2: class 0 is label 1',
    ]);
    const train = await readSplit(d, 'train');
    expect(train.map((r) => r.label)).toEqual([0, 1, 0, 1, 0, 1]);
    for (const [i, { colour, size, where }] of train.entries()) {
      expect(size).toEqual(i % 2 ? [8, 8] : [12, 10]);
      expect(Math.abs(colour[0]! - 20 * i)).toBeLessThan(4);
      expect(where).toContain(join(shards, `train-00000${i < 3 ? 0 : 1}.tar: `));
    }
    expect(train[4]?.where).toContain('deep/deep/deep/');
    expect((await readSplit(d, 'val')).map((r) => [r.label, r.colour])).toEqual([
      [1, [0, 200, 14]],
      [0, [20, 200, 7]],
    ]);
  });

  test('splits by folder; one shard alone', async () => {
    const dir = temporary();
    for (const split of ['train', 'val']) mkdirSync(join(dir, split));
    copyFileSync(join(shards, 'train-000000.tar'), join(dir, 'train/0000.tar'));
    copyFileSync(join(shards, 'val-000000.tar'), join(dir, 'val/0000.tar'));
    expect(Object.values((await openAt(dir)).splits).map((s) => [s.name, s.count])).toEqual([
      ['train', 3],
      ['val', 2],
    ]);
    expect(Object.keys((await openAt(join(shards, 'val-000000.tar'))).splits)).toEqual(['val']);
  });
});

describe('damaged and hostile archives', () => {
  test('names that lead outside and links are named, ignored, and nothing is written', async () => {
    const dir = temporary();
    mkdirSync(join(dir, 'in/here'), { recursive: true });
    copyFileSync(evil, join(dir, 'in/here/evil.tar'));
    const d = await openAt(join(dir, 'in/here'));
    expect((await readSplit(d, 'evil')).map((r) => [r.label, r.where.split(': ')[1]])).toEqual([
      [-1, '0001.png'],
      [-1, '0002.png'],
    ]);
    expect(d.problems.map((p) => p.message)).toEqual([
      'member "../outside.png" leads outside of the archive: ignored',
      'member "/tmp/absolute.png" leads outside of the archive: ignored',
      'member "a/../../up.png" leads outside of the archive: ignored',
      'member "0003.png" is no file but a link: ignored',
      'member "0004.png" is no file but a link: ignored',
      'member "0005.png" is no file but FIFO: ignored',
    ]);
    for (const path of ['in/outside.png', 'in/up.png', 'up.png', 'outside.png'])
      expect(existsSync(join(dir, path))).toBe(false);
    expect(existsSync('/tmp/absolute.png')).toBe(false);
  });

  test('cut short: what is whole is there, the rest is a problem of the file', async () => {
    const dir = temporary();
    const file = join(dir, 'train-0.tar');
    const content = readFileSync(join(shards, 'train-000000.tar'));
    for (const [bytes, count, message] of [
      [600, 0, 'member "0000.jpg" claims 634 bytes, more than the archive has'],
      [1536 + 100, 1, 'ends inside a header, at byte 1636'],
      [1536, 1, 'has no end mark'],
    ] as const) {
      writeFileSync(file, content.subarray(0, bytes));
      if (count === 0) await expect(openAt(dir)).rejects.toThrow(message);
      else {
        const d = await openAt(dir);
        expect([splitOf(d, 'train').count, d.problems]).toEqual([
          count,
          [{ where: file, message: expect.stringContaining(message) }],
        ]);
      }
    }
  });

  test('a size beyond the file, a header that is none', async () => {
    const dir = temporary();
    const file = join(dir, 'train-0.tar');
    const content = readFileSync(join(shards, 'train-000000.tar'));
    // 2^50 bytes in base 256, with the checksum made right.
    content.fill(0, 124, 136);
    content[124] = 0x80;
    content[129] = 4;
    content.fill(0x20, 148, 156);
    const sum = content.subarray(0, 512).reduce((a, b) => a + b, 0);
    content.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    writeFileSync(file, content);
    await expect(openAt(dir)).rejects.toThrow('more than the archive has');
    const other = readFileSync(join(shards, 'train-000000.tar'));
    other.fill(0x41, 1536, 2048);
    writeFileSync(file, other);
    const d = await openAt(dir);
    expect(d.problems).toEqual([{ where: file, message: 'is not tar at byte 1536: the rest of it is not read' }]);
  });

  test('compressed archives are refused by name, with the command', async () => {
    const dir = temporary();
    const content = gzipSync(readFileSync(join(shards, 'train-000000.tar')));
    writeFileSync(join(dir, 'train-0.tar.gz'), content);
    await expect(openAt(dir)).rejects.toMatchObject({
      message: expect.stringContaining('train-0.tar.gz: a compressed archive is not read'),
      hint: expect.stringContaining(`gunzip "${join(dir, 'train-0.tar.gz')}"`),
    });
    writeFileSync(join(dir, 'train-0.tar'), content);
    await expect(openAt(dir)).rejects.toThrow('train-0.tar: is compressed; only plain tar can be read');
  });

  test('an archive that shrinks while it is read', async () => {
    const dir = temporary();
    cpSync(shards, dir, { recursive: true });
    const reader = openSamples(splitOf(await openAt(dir), 'val').source);
    writeFileSync(join(dir, 'val-000000.tar'), '');
    await expect(reader.read(1)).rejects.toThrow('0001.PNG: the archive is shorter than it was');
    await reader.close();
  });
});

describe('hostile images', () => {
  test('a decompression bomb and a head of 60,000 x 60,000 px are listed, whatever holds them', async () => {
    const dir = temporary();
    mkdirSync(join(dir, 'train/a'), { recursive: true });
    for (const name of ['bomb.png', 'huge-head.png'])
      copyFileSync(join(dirname(evil), name), join(dir, 'train/a', name));
    copyFileSync(join(fixtures, 'imagefolder/train/ant/0.png'), join(dir, 'train/a/good.png'));
    for (const check of ['full', 'heads'] as const) {
      const found = await inspected(dir, check);
      expect(
        found.problems.filter((p) => p.where.endsWith('.png')).map((p) => [p.where.slice(dir.length), p.message]),
      ).toEqual([
        ['/train/a/bomb.png', expect.stringContaining('20000 x 20000 px')],
        ['/train/a/huge-head.png', expect.stringContaining('60000 x 60000 px')],
      ]);
      expect(found.sizes.max).toEqual([12, 10]);
    }
  });
});
