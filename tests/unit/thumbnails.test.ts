import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ResultOf } from '../../contract/worker-api.ts';
import { thumbnails } from '../../native-worker/jobs/thumbnails.ts';
import { fixtures, inspected, surroundings, temporary } from './data.fixtures.ts';

async function thumbs(path: string, split: string, from: number, count: number) {
  const out = join(temporary(), 'out');
  const dataset = { name: 'd', kind: null, path };
  const result = await thumbnails({ type: 'thumbnails', dataset, split, from, count, out }, surroundings());
  const { width, height, channels, labels, total } = result as ResultOf<'thumbnails'>;
  const bytes = readFileSync(out);
  const size = width * height * channels;
  expect(bytes.length).toBe(labels.length * size);
  const at = (i: number, x: number, y: number) => [
    ...bytes.subarray(i * size + (y * width + x) * channels).subarray(0, channels),
  ];
  return { width, height, labels, total, at };
}

describe('thumbnails', () => {
  test('encoded images are fitted into squares, on black', async () => {
    const t = await thumbs(join(fixtures, 'imagefolder'), 'train', 3, 2);
    expect([t.width, t.height, t.labels, t.total]).toEqual([96, 96, [1, 1], 6]);
    // 12 x 10 px, not enlarged, in the middle.
    expect([t.at(0, 48, 48), t.at(0, 41, 48), t.at(0, 48, 42)]).toEqual([
      [0, 100, 7],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('a broken image has a cross and its label; others are not decoded for it', async () => {
    const dir = temporary();
    cpSync(join(fixtures, 'imagefolder'), dir, { recursive: true });
    for (const file of ['train/ant/0.png', 'train/bee/0.png']) writeFileSync(join(dir, file), 'broken');
    const t = await thumbs(dir, 'train', 3, 10);
    expect(t.labels).toEqual([1, 1, 1]);
    expect([t.at(0, 48, 48), t.at(0, 48, 10), t.at(2, 48, 48)[1]]).toEqual([[192, 192, 192], [96, 96, 96], 100]);
  });

  test('decoded images as they are; none beyond the last', async () => {
    const t = await thumbs(join(fixtures, 'cifar10'), 'train', 1, 5);
    expect([t.width, t.labels, t.at(0, 9, 5)]).toEqual([32, [7, 0], [1, 5, 9]]);
    expect((await thumbs(join(fixtures, 'cifar10'), 'train', 9, 5)).labels).toEqual([]);
  });
});

describe('looking at a dataset', () => {
  test('is stopped between images, and tells how far it is', async () => {
    let looks = 0;
    const context = surroundings(() => ++looks > 1);
    const dir = temporary();
    cpSync(join(fixtures, 'imagefolder'), dir, { recursive: true });
    await expect(inspected(dir, 'full', context)).rejects.toMatchObject({ code: 'STOPPED' });
    expect(context.sent.length).toBeGreaterThan(0);
  });
});
