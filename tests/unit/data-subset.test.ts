// Which images of a split are used, and in which order: limits, the held-out share, windows of blocks.
import { describe, expect, test } from 'vitest';
import type { Split } from '../../native-worker/data/dataset.ts';
import { BlockOwners, blocksOf, epochOrder } from '../../native-worker/data/order.ts';
import { pixelSplit } from '../../native-worker/data/sources/pixels.ts';
import { allOf, heldOut, limited, type Subset } from '../../native-worker/data/subset.ts';
import { centreView } from '../../native-worker/data/view.ts';

function split(labels: readonly number[], more: Partial<Split> = {}): Split {
  const source = { kind: 'pixels', pixels: new Uint8Array(0), width: 1, height: 1, channels: 1, file: '' } as const;
  return { ...pixelSplit('train', Int32Array.from(labels), source), ...more };
}
const samplesOf = ({ samples, count }: Subset) => [...(samples ?? Array.from({ length: count }, (_, i) => i))];

describe('limits', () => {
  test('take the first images, or evenly spaced ones where a split lies sorted by class', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2];
    expect(samplesOf(limited(allOf(split(labels)), 4))).toEqual([0, 1, 2, 3]);
    expect(samplesOf(limited(allOf(split(labels, { byClass: true })), 4))).toEqual([0, 2, 5, 7]);
    expect(limited(allOf(split(labels)), 10).count).toBe(10);
    expect(limited(allOf(split(labels)), 99).count).toBe(10);
  });
});

describe('a held-out share', () => {
  const labels = Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : i < 99 ? 1 : 2));
  const parts = (seed: number) => {
    const { kept, held } = heldOut(split(labels), 0.2, seed);
    return { kept: samplesOf(kept), held: samplesOf(held) };
  };
  test('is of every class, disjoint from what is kept, and with it the whole', () => {
    const { kept, held } = parts(3);
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    expect([0, 1, 2].map((c) => held.filter((i) => labels[i] === c).length)).toEqual([12, 8, 0]);
    expect(held).toEqual(held.toSorted((a, b) => a - b));
  });
  test('is the same for the same seed, another for another', () => {
    expect(parts(3)).toEqual(parts(3));
    expect(parts(4)).not.toEqual(parts(3));
  });
  test('can be limited on both sides', () => {
    const { kept, held } = heldOut(split(labels, { byClass: true }), 0.2, 3);
    const few = limited(kept, 8);
    expect(few.count).toBe(8);
    expect(new Set(samplesOf(few).map((i) => labels[i])).size).toBeGreaterThan(1);
    for (const i of samplesOf(few)) expect(samplesOf(held)).not.toContain(i);
  });
});

describe('blocks', () => {
  const starts = [0, 10, 13, 40, 41, 60, 75, 90];
  const window = 4;
  const blocks = { starts: Uint32Array.from(starts), window };
  const blockAt = (place: number) => starts.findLastIndex((s) => s <= place);
  const order = epochOrder({ count: 100, blocks, order: 'shuffled', seed: 1, repeats: 0 });
  const epoch = (e: number) => Array.from({ length: 100 }, (_, i) => order(e, i));

  test('each is used within one window of an epoch, and every image once', () => {
    for (const e of [0, 1]) {
      const places = epoch(e);
      expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      const sizes = starts.map((s, i) => (starts[i + 1] ?? 100) - s);
      const runs = places.map(blockAt);
      for (let from = 0; from < 100; ) {
        const met = new Set<number>();
        let to = from;
        while (to < 100 && (met.has(runs[to]!) || met.size < window)) met.add(runs[to++]!);
        const whole = [...met].reduce((sum, b) => sum + sizes[b]!, 0);
        expect(to - from).toBe(whole);
        from = to;
      }
    }
    expect(epoch(0)).not.toEqual(epoch(1));
  });
  test('are dealt out evenly: of each window every thread has as many', () => {
    for (const threads of [1, 2, 3, 8]) {
      const owners = new BlockOwners(blocks, threads);
      for (const e of [0, 1]) {
        const windows: Map<number, number>[] = [];
        for (const place of epoch(e)) {
          const block = blockAt(place);
          const last = windows.at(-1);
          if (!last || (last.size === window && !last.has(block))) windows.push(new Map());
          const at = windows.at(-1)!;
          const owner = owners.ownerOf(place);
          expect(at.get(block) ?? owner).toBe(owner);
          at.set(block, owner);
        }
        for (const at of windows) {
          const loads = Array.from({ length: threads }, (_, t) => [...at.values()].filter((o) => o === t).length);
          expect(Math.max(...loads)).toBe(Math.ceil(window / threads));
        }
      }
    }
  });
  test('two are mixed however large they are, all of them where memory has room', () => {
    const windowOf = (blockBytes: number) =>
      blocksOf(allOf(split([0, 0, 0, 0], { blocks: Uint32Array.of(0, 3), blockBytes })))?.window;
    expect([2 ** 31, 2 ** 27, 2 ** 20].map(windowOf)).toEqual([2, 4, 512]);
  });
  test('of a subset are counted in its places; those without an image are left out', () => {
    const labels = Array.from({ length: 100 }, () => 0);
    const whole = split(labels, { blocks: blocks.starts, blockBytes: 100 << 20 });
    expect(blocksOf(allOf(whole))).toEqual({ starts: blocks.starts, window: 5 });
    const samples = Uint32Array.of(1, 2, 11, 45, 46, 99);
    expect([...blocksOf({ split: whole, count: 6, samples })!.starts]).toEqual([0, 2, 3, 5]);
    expect(blocksOf(allOf(split(labels)))).toBeNull();
  });
});

test('the centre view is timm’s: shorter side floor(size / share), the rest cut from the middle', () => {
  expect(centreView(500, 375, 224, 0.875)).toEqual({
    box: { left: 0, top: 0, width: 500, height: 375 },
    width: 341,
    height: 256,
    window: { left: 58, top: 16, width: 224, height: 224 },
  });
  expect(centreView(28, 28, 28, 1)).toMatchObject({ width: 28, height: 28, window: { left: 0, top: 0 } });
  expect(centreView(30, 61, 32, 1)).toMatchObject({ width: 32, height: 65, window: { left: 0, top: 16 } });
});
