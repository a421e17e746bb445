import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Dataset, splitOf } from '../../native-worker/data/dataset.ts';
import { type Opening, openDataset } from '../../native-worker/data/open.ts';
import { openSamples, type SampleSource } from '../../native-worker/data/samples.ts';
import { fixtures, openAt, temporary } from './data.fixtures.ts';

const open = (path: string, indexes: string, opening?: Opening): Promise<Dataset> =>
  openDataset({ name: 'd', kind: null, path, indexes }, opening);

/** A copy whose folders are old: a change in the tick that indexing begins in is not told apart from one before it. */
function copyOf(name: string): string {
  const dir = temporary();
  cpSync(join(fixtures, name), dir, { recursive: true });
  const old = (path: string) => {
    if (statSync(path).isDirectory()) for (const entry of readdirSync(path)) old(join(path, entry));
    utimesSync(path, 1000, 1000);
  };
  old(dir);
  return dir;
}
const indexFile = (indexes: string) => join(indexes, readdirSync(indexes)[0]!, 'index');
/** Which index it is: a new one has another inode. */
const identity = (indexes: string) => statSync(indexFile(indexes)).ino;
const train = (d: Dataset) => splitOf(d, 'train');

describe('an index is kept while it is true', () => {
  test.each([
    ['imagefolder', 'train/ant/9.png'],
    ['webdataset', 'train-9.tar'],
    ['parquet/hub', 'data/train-9.parquet'],
  ])('%s: read again as it was; made anew when a file comes', async (name, added) => {
    const dir = copyOf(name);
    const indexes = temporary();
    const first = await open(dir, indexes);
    const file = identity(indexes);
    const again = await open(dir, indexes);
    expect(identity(indexes)).toBe(file);
    expect(again.fingerprint).toBe(first.fingerprint);
    expect([again.notes, again.classNames, train(again).labels]).toEqual([
      first.notes,
      first.classNames,
      train(first).labels,
    ]);
    expect(train(again).labels.buffer).toBeInstanceOf(SharedArrayBuffer);
    const like = readdirSync(join(dir, added, '..')).find((f) => f.startsWith('train') || f.startsWith('0'));
    cpSync(join(dir, added, '..', like!), join(dir, added));
    const grown = await open(dir, indexes);
    expect(train(grown).count).toBeGreaterThan(train(first).count);
    expect(grown.fingerprint).not.toBe(first.fingerprint);
  });

  test('an archive of the same name and other content is noticed', async () => {
    const dir = copyOf('webdataset');
    const indexes = temporary();
    const first = await open(dir, indexes);
    appendFileSync(join(dir, 'train-000000.tar'), new Uint8Array(512));
    const file = identity(indexes);
    expect((await open(dir, indexes)).fingerprint).toBe(first.fingerprint);
    expect(identity(indexes)).not.toBe(file);
  });

  test('a folder that moves has an index of its own, and the same fingerprint', async () => {
    const [a, b, indexes] = [copyOf('imagefolder'), copyOf('imagefolder'), temporary()];
    expect((await open(a, indexes)).fingerprint).toBe((await open(b, indexes)).fingerprint);
    expect(readdirSync(indexes)).toHaveLength(2);
  });
});

describe('a damaged index is made anew', () => {
  test('cut short anywhere, or with any byte of its head or labels changed', async () => {
    const dir = copyOf('imagefolder');
    const indexes = temporary();
    const first = await open(dir, indexes);
    const file = indexFile(indexes);
    const whole = readFileSync(file);
    const sound = async () => {
      const d = await open(dir, indexes);
      expect([d.fingerprint, train(d).labels]).toEqual([first.fingerprint, train(first).labels]);
      expect(readFileSync(file).length).toBe(whole.length);
    };
    for (const bytes of [0, 10, 79, 80, 200, whole.length - 1]) {
      truncateSync(file, bytes);
      await sound();
    }
    const header = Number(whole.readBigUInt64LE(16));
    for (const at of [0, 8, 12, 16, 24, 40, header + 5, whole.length - 2]) {
      const changed = Buffer.from(readFileSync(file));
      changed[at] = changed[at]! ^ 1;
      writeFileSync(file, changed);
      await sound();
    }
  });

  test('a reader refuses an index that is not the one its source was made from', async () => {
    const dir = copyOf('imagefolder');
    const indexes = temporary();
    const { source } = train(await open(dir, indexes));
    cpSync(join(dir, 'train/ant/0.png'), join(dir, 'train/ant/7.png'));
    await open(dir, indexes);
    expect(() => openSamples(source)).toThrow('the index was made anew');
    rmSync(join(dir, 'train/ant/0.png'));
    const reader = openSamples(train(await open(dir, indexes)).source);
    rmSync(join(dir, 'train/ant/1.JPEG'));
    await expect(reader.read(0)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      problems: [{ where: join(dir, 'train/ant/1.JPEG'), message: expect.stringContaining('ENOENT') }],
    });
    await reader.close();
  });
});

describe('making one', () => {
  test('is cancelled without leaving anything, and tells how far it is', async () => {
    const dir = temporary();
    for (let c = 0; c < 4; c++) {
      mkdirSync(join(dir, `train/${c}`), { recursive: true });
      for (let i = 0; i < 5; i++) writeFileSync(join(dir, `train/${c}/${i}.png`), 'x');
    }
    const indexes = temporary();
    const told: number[] = [];
    const opening: Opening = { progress: (done) => told.push(done), cancelled: () => told.length > 0 };
    await expect(open(dir, indexes, opening)).rejects.toMatchObject({ code: 'STOPPED' });
    expect(told).toHaveLength(1);
    expect(readdirSync(indexes, { recursive: true }).filter((f) => /index|tmp/.test(String(f)))).toEqual([]);
    expect(train(await open(dir, indexes)).count).toBe(20);
  });

  test('without a place to keep it, it lies in a temporary folder', async () => {
    const { source } = train(await openAt(copyOf('webdataset')));
    expect(source.kind === 'spans' && source.index).toContain('unsmooth-index-');
  });

  test('sources are plain data that threads can be given', async () => {
    for (const name of ['imagefolder', 'webdataset', 'parquet/hub', 'cifar10']) {
      const { source } = train(await openAt(join(fixtures, name)));
      const posted: SampleSource = structuredClone(source);
      const reader = openSamples(posted);
      expect(Object.keys(await reader.read(1)).length).toBeGreaterThan(0);
      await reader.close();
    }
  });
});
