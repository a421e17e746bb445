import { describe, expect, test } from 'vitest';
import type { Split } from '../../native-worker/data/dataset.ts';
import { createLoader, evaluationBatches, type LoaderOptions } from '../../native-worker/data/loader.ts';
import { mixOnGrid } from '../../native-worker/data/patch-mix.ts';
import { pixelSplit } from '../../native-worker/data/sources/pixels.ts';

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
const options = (more: Partial<LoaderOptions> = {}): LoaderOptions => ({
  split: split(10),
  limit: null,
  batch: 3,
  seed: 5,
  order: 'shuffled',
  mean: [0],
  std: [1 / 255],
  hflip: 0,
  cropPadding: 0,
  dropLast: true,
  ...more,
});
const epochOf = (o: LoaderOptions, epoch: number) => {
  const loader = createLoader(o);
  const steps = Array.from({ length: loader.stepsPerEpoch }, (_, s) => epoch * loader.stepsPerEpoch + s);
  return steps.flatMap((s) => [...loader.batch(s).indices]);
};

describe('loader', () => {
  test('an epoch has every sample at most once, the last batch dropped; epochs and seeds differ', () => {
    const first = epochOf(options(), 0);
    expect(first).toHaveLength(9);
    expect(new Set(first).size).toBe(9);
    expect(epochOf(options(), 1)).not.toEqual(first);
    expect(epochOf(options({ seed: 6 }), 0)).not.toEqual(first);
    expect(epochOf(options({ order: 'sequential' }), 3)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...epochOf(options({ limit: 4 }), 0))).toBeLessThan(4);
  });

  test('a batch depends on its step alone, in whatever order steps are asked for', () => {
    const o = options({ hflip: 0.5, cropPadding: 2 });
    const straight = createLoader(o);
    const all = Array.from({ length: 12 }, (_, s) => structuredClone(straight.batch(s)));
    const resumed = createLoader(o);
    for (const s of [11, 4, 7, 0, 4]) expect(structuredClone(resumed.batch(s))).toEqual(all[s]);
    expect(all[0]).not.toEqual(all[3]);
  });

  test('pixels, labels and normalisation go with the index', () => {
    const { images, labels, indices } = createLoader(options({ mean: [0.5], std: [0.25] })).batch(0);
    for (const [b, i] of indices.entries()) {
      expect(labels[b]).toBe(i % 10);
      expect(images[b * 16 + 1]).toBeCloseTo(((i + 1) / 255 - 0.5) / 0.25, 5);
      expect(images[b * 16]).toBeCloseTo((200 / 255 - 0.5) / 0.25, 5);
    }
  });

  test('channels lie last and have their own mean and std', () => {
    const o = options({ split: split(6, 3), order: 'sequential', mean: [0, 0.1, 0.2], std: [1, 2, 4] });
    const { images } = createLoader(o).batch(1);
    const pixel = [...images.subarray(3, 6)];
    expect(pixel[0]).toBeCloseTo(4 / 255, 6);
    expect(pixel[1]).toBeCloseTo((5 / 255 - 0.1) / 2, 6);
    expect(pixel[2]).toBeCloseTo((6 / 255 - 0.2) / 4, 6);
  });

  test('a flip mirrors, every image at probability 1', () => {
    const plain = createLoader(options({ order: 'sequential' })).batch(0).images;
    const flipped = createLoader(options({ order: 'sequential', hflip: 1 })).batch(0).images;
    for (let row = 0; row < 12; row++)
      expect([...flipped.subarray(row * 4, row * 4 + 4)]).toEqual([...plain.subarray(row * 4, row * 4 + 4)].reverse());
  });

  test('a padded crop is a shift of at most the padding, black outside, all shifts seen', () => {
    const o = options({ split: split(1), batch: 1, cropPadding: 1, order: 'sequential' });
    const loader = createLoader(o);
    const at = (y: number, x: number) => (y < 0 || y > 3 || x < 0 || x > 3 ? 0 : x === 0 ? 200 : 1);
    const expected = (dy: number, dx: number) =>
      Array.from({ length: 16 }, (_, p) => at((p >> 2) + dy, (p & 3) + dx)).join();
    const shifts = new Map<string, string>();
    for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) shifts.set(expected(dy, dx), `${dy} ${dx}`);
    const seen = new Set<string | undefined>();
    for (let s = 0; s < 200; s++) seen.add(shifts.get(Array.from(loader.batch(s).images, Math.round).join()));
    expect(seen.size).toBe(9);
    expect(seen.has(undefined)).toBe(false);
  });

  test.each([
    ['a batch larger than the split', { batch: 11 }, 'train.batch_size: 11 is more than the 10 images of split train'],
    ['two means for one channel', { mean: [0, 0] }, 'data.mean: has 2 values, the dataset has 1 channel'],
  ])('refuses %s', (_, more, message) => {
    expect(() => createLoader(options(more))).toThrow(message);
  });
});

test('evaluation goes through the split in order; the last batch is padded', () => {
  const seen: number[][] = [];
  for (const b of evaluationBatches(split(10), 8, 3, [0], [1 / 255]))
    seen.push([b.valid, ...b.labels, ...[1, 17, 33].map((p) => Math.round(b.images[p]!))]);
  expect(seen).toEqual([
    [3, 0, 1, 2, 1, 2, 3],
    [3, 3, 4, 5, 4, 5, 6],
    [2, 6, 7, 0, 7, 8, 0],
  ]);
});

describe('CutMix on the patch grid', () => {
  const o = { imgSize: 6, patchSize: 2, channels: 2, seed: 1, step: 0 };
  const size = 6 * 6 * 2;
  /** Every value of image i is i. */
  const batchOf = (count: number) => ({
    images: Float32Array.from({ length: count * size }, (_, k) => Math.floor(k / size)),
    labels: Int32Array.from({ length: count }, (_, i) => 10 + i),
  });

  test('no patch straddles; patch labels, partner and lambda agree with the pixels, both ways', () => {
    const lambdas = new Set<number>();
    let moved = 0;
    for (let step = 0; step < 60; step++) {
      const batch = batchOf(5);
      const { patchLabels, partnerLabels, lambda } = mixOnGrid(batch, { ...o, step });
      for (let i = 0; i < 5; i++) {
        expect(partnerLabels[i]).toBe(14 - i);
        let own = 0;
        for (let patch = 0; patch < 9; patch++) {
          const values = new Set<number>();
          for (let p = 0; p < 36; p++)
            if (Math.floor(p / 12) * 3 + ((p % 6) >> 1) === patch)
              for (let c = 0; c < 2; c++) values.add(batch.images[i * size + p * 2 + c]!);
          expect(values.size).toBe(1);
          const from = [...values][0]!;
          expect([i, 4 - i]).toContain(from);
          expect(patchLabels[i * 9 + patch]).toBe(10 + from);
          if (from === i) own++;
          else moved++;
        }
        if (i !== 2) expect(lambda[i]).toBeCloseTo(own / 9, 6);
        lambdas.add(lambda[i]!);
      }
    }
    expect(moved).toBeGreaterThan(100);
    expect(lambdas.size).toBeGreaterThan(4);
  });

  test('the same step mixes alike, another otherwise; labels stay', () => {
    const [a, b, c] = [batchOf(8), batchOf(8), batchOf(8)];
    const first = mixOnGrid(a, o);
    expect(mixOnGrid(b, o)).toEqual(first);
    expect(mixOnGrid(c, { ...o, step: 1 })).not.toEqual(first);
    expect(a.images).toEqual(b.images);
    expect(a.labels).toEqual(batchOf(8).labels);
  });
});
