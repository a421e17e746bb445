import { describe, expect, test } from 'vitest';
import type { Split } from '../../native-worker/data/dataset.ts';
import type { Feed } from '../../native-worker/data/feeder.ts';
import { allBatches, type TrainingOptions } from '../../native-worker/data/loader.ts';
import { pixelSplit } from '../../native-worker/data/sources/pixels.ts';
import { evaluationFeed, looks, plainAugment, training, trainingFeed } from './streams.ts';

/** Image i holds the value i + 1 everywhere but its left column, which is 200. */
function split(count: number, channels: 1 | 3 = 1, side = 4): Split {
  const images = new Uint8Array(count * side * side * channels);
  for (let i = 0; i < count; i++)
    for (let p = 0; p < side * side; p++)
      for (let c = 0; c < channels; c++)
        images[(i * side * side + p) * channels + c] = p % side === 0 ? 200 : i + 1 + c;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  return pixelSplit('train', labels, { kind: 'pixels', pixels: images, width: side, height: side, channels, file: '' });
}
const epochOf = async (feed: Feed, perEpoch: number, epoch: number) => {
  const seen: number[] = [];
  for (let s = 0; s < perEpoch; s++) seen.push(...(await feed.take(epoch * perEpoch + s)).samples);
  return seen;
};
const feed = (more: Partial<TrainingOptions> = {}, limit: number | null = null) =>
  trainingFeed(split(10), looks(4), training(more), limit);
const augment = (more: Partial<NonNullable<TrainingOptions['augment']>>) => ({ augment: { ...plainAugment, ...more } });

describe('training batches', () => {
  test('an epoch has every sample at most once, the last batch dropped; epochs and seeds differ', async () => {
    const first = await epochOf(feed(), 3, 0);
    expect(first).toHaveLength(9);
    expect(new Set(first).size).toBe(9);
    expect(await epochOf(feed(), 3, 1)).not.toEqual(first);
    expect(await epochOf(feed({ seed: 6 }), 3, 0)).not.toEqual(first);
    expect(await epochOf(feed({ order: 'sequential' }), 3, 3)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...(await epochOf(feed({}, 4), 1, 0)))).toBeLessThan(4);
  });

  test('a batch depends on its step alone, in whatever order steps are asked for', async () => {
    const o = augment({ hflip: 0.5, crop_padding: 2 });
    const straight = feed(o);
    const all: unknown[] = [];
    for (let s = 0; s < 12; s++) all.push(structuredClone(await straight.take(s)));
    const resumed = feed(o);
    for (const s of [11, 4, 7, 0, 4]) expect(structuredClone(await resumed.take(s))).toEqual(all[s]);
    expect(all[0]).not.toEqual(all[3]);
  });

  test('pixels, labels and normalisation go with the sample', async () => {
    const o = looks(4, { mean: [0.5], std: [0.25] });
    const { images, labels, samples } = await trainingFeed(split(10), o, training()).take(0);
    for (const [b, i] of samples.entries()) {
      expect(labels[b]).toBe(i % 10);
      expect(images[b * 16 + 1]).toBeCloseTo(((i + 1) / 255 - 0.5) / 0.25, 5);
      expect(images[b * 16]).toBeCloseTo((200 / 255 - 0.5) / 0.25, 5);
    }
  });

  test('channels lie last and have their own mean and std', async () => {
    const o = looks(4, { channels: 3, mean: [0, 0.1, 0.2], std: [1, 2, 4] });
    const { images } = await trainingFeed(split(6, 3), o, training({ order: 'sequential' })).take(1);
    const pixel = [...images.subarray(3, 6)];
    expect(pixel[0]).toBeCloseTo(4 / 255, 6);
    expect(pixel[1]).toBeCloseTo((5 / 255 - 0.1) / 2, 6);
    expect(pixel[2]).toBeCloseTo((6 / 255 - 0.2) / 4, 6);
  });

  test('colour becomes grey by weights, grey becomes colour by repeating, where the model asks for it', async () => {
    const grey = await trainingFeed(split(3, 3), looks(4), training({ order: 'sequential' })).take(0);
    expect(Math.round(grey.images[1]!)).toBe(Math.round(0.299 * 1 + 0.587 * 2 + 0.114 * 3));
    const o = looks(4, { channels: 3, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] });
    const colour = await trainingFeed(split(3), o, training({ order: 'sequential' })).take(0);
    expect(Array.from(colour.images.subarray(3, 6), Math.round)).toEqual([1, 1, 1]);
  });

  test('images of another size are resized', async () => {
    const { images } = await evaluationFeed(split(2, 1, 8), looks(4), 2).take(0);
    expect(images).toHaveLength(32);
    expect(Math.round(images[16 + 2]!)).toBe(2);
  });

  test('a flip mirrors, every image at probability 1', async () => {
    const plain = await feed({ order: 'sequential' }).take(0);
    const flipped = await feed({ order: 'sequential', ...augment({ hflip: 1 }) }).take(0);
    for (let row = 0; row < 12; row++)
      expect([...flipped.images.subarray(row * 4, row * 4 + 4)]).toEqual(
        [...plain.images.subarray(row * 4, row * 4 + 4)].reverse(),
      );
  });

  test('a padded crop is a shift of at most the padding, black outside, all shifts seen', async () => {
    const o = training({ batch: 1, order: 'sequential', ...augment({ crop_padding: 1 }) });
    const shifted = trainingFeed(split(1), looks(4), o);
    const at = (y: number, x: number) => (y < 0 || y > 3 || x < 0 || x > 3 ? 0 : x === 0 ? 200 : 1);
    const expected = (dy: number, dx: number) =>
      Array.from({ length: 16 }, (_, p) => at((p >> 2) + dy, (p & 3) + dx)).join();
    const shifts = new Map<string, string>();
    for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) shifts.set(expected(dy, dx), `${dy} ${dx}`);
    const seen = new Set<string | undefined>();
    for (let s = 0; s < 200; s++) seen.add(shifts.get(Array.from((await shifted.take(s)).images, Math.round).join()));
    expect(seen.size).toBe(9);
    expect(seen.has(undefined)).toBe(false);
  });

  test('copies of an image follow one another and differ; an epoch is as long as without', async () => {
    const o = { batch: 9, repeats: 3, ...augment({ crop_padding: 2 }) };
    const { samples, images } = await feed(o).take(0);
    const order = [...samples];
    expect(order.filter((_, i) => i % 3 === 0)).toHaveLength(new Set(order).size);
    for (let i = 0; i < 9; i += 3) expect(new Set(order.slice(i, i + 3)).size).toBe(1);
    const copies = [0, 1, 2].map((b) => images.subarray(b * 16, b * 16 + 16).join());
    expect(new Set(copies).size).toBeGreaterThan(1);
  });

  test('refuses a batch larger than the split, and images without a label', () => {
    expect(() => feed({ batch: 11 })).toThrow('train.batch_size: 11 is more than the 10 images of split train');
    const unlabelled = { ...split(10), labels: Int32Array.of(0, 1, -1, 3, 4, -1, 6, 7, 8, 9) };
    expect(() => trainingFeed(unlabelled, looks(4), training())).toThrow(
      '2 of the 10 images of split train have no label',
    );
  });

  test('refuses two means for one channel', async () => {
    const o = looks(4, { mean: [0, 0] });
    await expect(trainingFeed(split(10), o, training()).take(0)).rejects.toThrow(
      'data.mean: has 2 values, the images have 1 channel',
    );
  });
});

test('evaluation goes through the split in order; the last batch is padded', async () => {
  const seen: number[][] = [];
  for await (const b of allBatches(evaluationFeed(split(10), looks(4), 3, 8)))
    seen.push([b.valid, ...b.labels, ...[1, 17, 33].map((p) => Math.round(b.images[p]!))]);
  expect(seen).toEqual([
    [3, 0, 1, 2, 1, 2, 3],
    [3, 3, 4, 5, 4, 5, 6],
    [2, 6, 7, 0, 7, 8, 0],
  ]);
});
