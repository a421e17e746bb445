// The loader with real threads on real files: alike for every number of threads and after a restart; broken images; a thread that dies.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../native-worker/data/dataset.ts';
import { type Feeder, openFeeder, type Stream } from '../../native-worker/data/feeder.ts';
import { evaluationStream, type Looks, trainingStream } from '../../native-worker/data/loader.ts';
import type { Broken } from '../../native-worker/data/loader-image.ts';
import { openDataset } from '../../native-worker/data/open.ts';
import { allOf } from '../../native-worker/data/subset.ts';
import { looks, plainAugment, training } from '../unit/streams.ts';
import { writeImages } from './loader-images.ts';

let folder = '';
let dataset: Dataset;
const open = (at: string) =>
  openDataset({ name: 'images', kind: 'imagefolder', path: at }, { progress: () => undefined, cancelled: () => false });
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'loader-'));
  await writeImages(folder, 40, 10);
  dataset = await open(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const colour: Looks = looks(16, { channels: 3, mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.3] });
const augment = {
  ...plainAugment,
  train_crop_mode: 'rrc' as const,
  hflip: 0.5,
  aa: 'rand-m9-mstd0.5-inc1',
  reprob: 0.5,
};
const steps = 12;
function streams(of = dataset, l = colour): [Stream, Stream] {
  const o = training({ batch: 8, steps, augment, repeats: 2 });
  const split = (name: string) => allOf(of.splits[name]!);
  return [trainingStream(split('train'), l, o), evaluationStream(split('val'), l, 4)];
}
async function using<T>(feeder: Feeder, work: (feeder: Feeder) => Promise<T>): Promise<T> {
  try {
    return await work(feeder);
  } finally {
    await feeder.close();
  }
}
const none = (image: Broken): void => expect.fail(image.message);
/** What a batch is, as little to compare. */
async function take(feeder: Feeder, feed: number, k: number) {
  const { images, labels, samples, valid } = await feeder.feeds[feed]!.take(k);
  const sum = createHash('sha256').update(images).digest('hex');
  return { sum, labels: [...labels], samples: [...samples.subarray(0, valid)], valid };
}

/** All steps, with an evaluation in between. */
const all = (threads: number, of?: Dataset, broken = none, l?: Looks) =>
  using(openFeeder(streams(of, l), threads, broken), async (feeder) => {
    const batches = [];
    for (let k = 0; k < steps; k++) {
      batches.push(await take(feeder, 0, k));
      if (k === 4) for (let e = 0; e < 3; e++) batches.push(await take(feeder, 1, e));
    }
    return batches;
  });

describe('batches', () => {
  test('are alike for 0, 1 and 3 threads', async () => {
    const own = await all(0);
    expect(own.map((b) => b.valid)).toEqual([8, 8, 8, 8, 8, 4, 4, 2, 8, 8, 8, 8, 8, 8, 8]);
    expect(await all(1)).toEqual(own);
    expect(await all(3)).toEqual(own);
  });

  test('are alike where they are begun in the middle, or asked for twice', async () => {
    const own = await all(0);
    await using(openFeeder(streams(), 2, none), async (feeder) => {
      for (const k of [7, 8, 2, 2, 11]) expect(await take(feeder, 0, k)).toEqual(own[k < 5 ? k : k + 3]);
      for (const e of [0, 1, 0, 1, 2]) expect(await take(feeder, 1, e)).toEqual(own[5 + e]);
    });
  });

  test('of blocks are each made by one thread, and are alike', async () => {
    const blocks = Uint32Array.of(0, 10, 15, 31);
    const split = dataset.splits.train!;
    const of = { ...dataset, splits: { ...dataset.splits, train: { ...split, blocks, blockBytes: 2 ** 28 } } };
    const own = await all(0, of);
    expect(await all(2, of)).toEqual(own);
    expect(own).not.toEqual(await all(0));
  });
});

describe('broken images', () => {
  let broken: Dataset;
  let at = '';
  beforeAll(async () => {
    at = path.join(folder, 'with-broken');
    await writeImages(at, 40, 10);
    for (const name of ['train/even/004.jpg', 'train/odd/009.jpg', 'val/odd/003.jpg'])
      truncateSync(path.join(at, name), 200);
    writeFileSync(path.join(at, 'train/odd/011.jpg'), 'not an image');
    broken = await open(at);
  });

  test.each([0, 2])('stop the batch they are in, named (%d threads)', async (threads) => {
    const error = await all(threads, broken).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'DATASET_INVALID' });
    expect(String(error)).toMatch(/(004|009|011|003)\.jpg: the image (cannot be decoded: |is no image)/);
  });

  test('are stood in for by the next, with its label, alike for every number of threads, each said once', async () => {
    const skip = { ...colour, onBroken: 'skip' as const };
    const runs = [];
    for (const threads of [0, 3]) {
      const said: string[] = [];
      const batches = await all(threads, broken, (image) => said.push(image.message), skip);
      expect(new Set(said).size).toBe(said.length);
      runs.push({ batches, said: said.sort() });
    }
    expect(runs[1]).toEqual(runs[0]);
    const names = (runs[0]?.said ?? []).map((text) => /(\d+)\.jpg/.exec(text)?.[1]);
    expect(names.toSorted()).toEqual(['003', '004', '009', '011']);
    const { labels } = broken.splits.train!;
    for (const batch of runs[0]?.batches.filter((b) => b.valid === 8) ?? [])
      for (const [i, sample] of batch.samples.entries()) expect(batch.labels[i]).toBe(labels[sample]);
  });

  test('end the run where nothing else is left', async () => {
    const nothing = path.join(folder, 'all-broken');
    await writeImages(nothing, 20, 2);
    for (let i = 0; i < 20; i++)
      truncateSync(path.join(nothing, 'train', i % 2 ? 'odd' : 'even', `${String(i).padStart(3, '0')}.jpg`), 100);
    const skip = { ...colour, onBroken: 'skip' as const };
    const of = await open(nothing);
    await expect(all(2, of, () => undefined, skip)).rejects.toThrow(/20 images in a row are broken/);
  });
});

test('a thread that dies ends the run, and leaves nothing waiting', async () => {
  const dying = path.join(folder, 'dying.cjs'); // runs in every thread, of which the loader's leave in the middle of their work
  writeFileSync(dying, `require('node:worker_threads').isMainThread || setTimeout(() => process.exit(7), 200);`);
  const child = fileURLToPath(new URL('loader-dying.child.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--require', dying, child, folder]);
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'WORKER_DIED',
    message: 'a loader thread died: it ended with code 7',
  });
});

test('a thread that cannot go on ends the run with its reason', async () => {
  const [stream] = streams();
  // What is no source crashes a thread where it opens it: a stand-in for a fault of ours.
  const images = { ...stream.images, samples: 5 as unknown as Uint32Array, source: null as never };
  await using(openFeeder([{ ...stream, images }], 2, none), async (feeder) => {
    await expect(feeder.feeds[0]!.take(0)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
