// Mixing of batches: pixels, shares and targets belong together; chance as timm's Mixup has it (tests/fixtures/augment/make.py).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Random } from '../../core/random.ts';
import {
  createMixer,
  drawMixes,
  type MixFields,
  type MixRule,
  type MixShape,
  mixRule,
  pixelBox,
} from '../../native-worker/data/mix.ts';

interface TimmMixing {
  mixing: (MixFields & { side: number; draws: number; pasted: number; cdf: { at: number[]; share: number[] } })[];
  boxes: { side: number; rows: { lambda: number; cy: number; cx: number; box: number[] }[] };
}
const timm: TimmMixing = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '..', 'fixtures', 'augment', 'distributions.json'), 'utf8'),
);

const fields: MixFields = { mixup: 0.8, cutmix: 1, mixup_prob: 1, mixup_switch_prob: 0.5, mixup_mode: 'elem' };
const paper = { patch_mixing: 1, definition: 'paper' } as const;
const noPatches = { patch_mixing: 0, definition: 'paper' } as const;
const rule = (more: Partial<MixRule> = {}): MixRule => ({ ...mixRule(fields, noPatches)!, ...more });
const shape: MixShape = { batch: 6, imgSize: 12, patchSize: 4, channels: 3 };
const size = 12 * 12 * 3;

/** Every value of image i is i, so that a mean tells who has which share. */
const batchOf = (s: MixShape) => ({
  images: Float32Array.from({ length: s.batch * size }, (_, k) => Math.floor(k / size)),
  labels: Int32Array.from({ length: s.batch }, (_, i) => 10 + i),
});
const mixed = (r: MixRule, step: number, s = shape, seed = 1) => {
  const { images, labels } = batchOf(s);
  return { ...createMixer(r, s, seed).mix(step, images, labels), to: images };
};

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('what a recipe asks for', () => {
  test.each([
    ['no mixing', { mixup: 0, cutmix: 0 }, noPatches, null],
    ['never', { mixup_prob: 0 }, noPatches, null],
    ['its own, without patch mixing', {}, noPatches, { mixup: 0.8, cutmix: 1, boxes: 'pixels' }],
    [
      'patch mixing alone',
      { mixup: 0, cutmix: 0, mixup_prob: 0.3 },
      paper,
      { mixup: 0, cutmix: 1, probability: 1, boxes: 'grid' },
    ],
    ['both', { cutmix: 0.5, mixup_prob: 0.3 }, paper, { mixup: 0.8, cutmix: 0.5, probability: 0.3, boxes: 'grid' }],
    ['mixup and patch mixing', { cutmix: 0 }, paper, { mixup: 0.8, cutmix: 1, boxes: 'grid' }],
    ['reference code', {}, { ...paper, definition: 'reference-code' }, { boxes: 'grid' }],
    ['diverse-vit', {}, { ...paper, definition: 'diverse-vit' }, { boxes: 'pixels' }],
  ] as const)('%s', (_, more, losses, expected) => {
    const found = mixRule({ ...fields, ...more }, losses);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });
});

describe.each(['elem', 'batch'] as const)('mode %s', (mode) => {
  test.each([
    ['pixels', { boxes: 'pixels' }],
    ['grid', { boxes: 'grid' }],
    ['mixup alone', { cutmix: 0 }],
    ['cutmix alone', { mixup: 0 }],
    ['now and then', { probability: 0.4 }],
  ] as const)('%s: pixels agree with lambda and the shares of patches', (_, more) => {
    const r = rule({ mode, ...more });
    for (let step = 0; step < 30; step++)
      for (const s of [shape, { ...shape, batch: 5 }]) {
        const { to, lambda, patchShare, partnerLabels } = mixed(r, step, s);
        expect([...partnerLabels]).toEqual(Array.from({ length: s.batch }, (_, i) => 9 + s.batch - i));
        if (mode === 'batch') expect(new Set(lambda).size).toBe(1);
        for (let i = 0; i < s.batch; i++) {
          const of = (own: number) => own * i + (1 - own) * (s.batch - 1 - i);
          const shares = [...patchShare.subarray(i * 9, (i + 1) * 9)];
          const patches = shares.map(() => 0);
          for (let p = 0; p < size; p++)
            patches[Math.floor(p / 144) * 3 + Math.floor((p % 36) / 12)]! += to[i * size + p]! / 48;
          const off = patches.map((mean, k) => Math.abs(mean - of(shares[k]!)));
          off.push(Math.abs(average(patches) - of(lambda[i]!)), Math.abs(average(shares) - lambda[i]!));
          expect(Math.max(...off)).toBeLessThan(1e-5);
        }
      }
  });

  test('on the grid no patch of CutMix straddles', () => {
    const r = rule({ mode, boxes: 'grid', mixup: 0 });
    const shares = new Set(Array.from({ length: 20 }, (_, step) => [...mixed(r, step).patchShare]).flat());
    expect(shares).toEqual(new Set([0, 1]));
  });

  test('the same step mixes alike, another step or seed otherwise', () => {
    const r = rule({ mode });
    expect(mixed(r, 3)).toEqual(mixed(r, 3));
    expect(mixed(r, 4)).not.toEqual(mixed(r, 3));
    expect(mixed(r, 3, shape, 2)).not.toEqual(mixed(r, 3));
  });
});

test('patch mixing alone draws what it always drew: rows, then columns, of whole patches', () => {
  const r = mixRule({ ...fields, mixup: 0, cutmix: 0 }, paper)!;
  const boxes = [0, 1].map((step) =>
    drawMixes(r, { batch: 4, imgSize: 28, patchSize: 4, channels: 1 }, 3, step).map((mix) =>
      mix.kind === 'cutmix' ? [mix.box.top, mix.box.bottom, mix.box.left, mix.box.right] : mix.kind,
    ),
  );
  expect(boxes).toEqual([
    [
      [0, 8, 12, 28],
      [20, 28, 0, 8],
      [20, 28, 16, 28],
      [0, 8, 4, 16],
    ],
    [
      [12, 24, 16, 28],
      [8, 28, 0, 12],
      [20, 24, 8, 12],
      [4, 16, 8, 20],
    ],
  ]);
});

test('a box of given lambda and centre is timm’s', () => {
  const { side, rows } = timm.boxes;
  for (const { lambda, cy, cx, box } of rows) {
    const centres = [cy, cx];
    const fixed = { int: () => centres.shift()! } as Pick<Random, 'int'> as Random;
    const { top, bottom, left, right } = pixelBox(lambda, side, fixed);
    expect([top, bottom, left, right]).toEqual(box);
  }
});

test.each(timm.mixing)('chance in mode $mixup_mode is timm’s', (t) => {
  const r = mixRule(t, noPatches)!;
  const batches = t.mixup_mode === 'elem' ? 10_000 : 20_000;
  const s = { batch: 2, imgSize: t.side, patchSize: t.side, channels: 1 };
  const mixes = Array.from({ length: batches }, (_, step) => drawMixes(r, s, 9, step)).flatMap((m) =>
    t.mixup_mode === 'elem' ? m : m.slice(0, 1),
  );
  const n = mixes.length;
  const tolerance = (p: number) => 4.5 * Math.sqrt(Math.max(p * (1 - p), 1e-4) * (1 / n + 1 / t.draws));
  for (const [k, point] of t.cdf.at.entries()) {
    const found = mixes.filter((m) => m.lambda <= point + 1e-5).length / n;
    expect(Math.abs(found - t.cdf.share[k]!)).toBeLessThan(tolerance(t.cdf.share[k]!));
  }
  const pasted = mixes.filter((m) => m.kind === 'cutmix' && m.lambda > 0 && m.lambda < 1).length / n;
  expect(Math.abs(pasted - t.pasted)).toBeLessThan(tolerance(t.pasted));
});
