// Augmentations against what Pillow, timm and torchvision gave (tests/fixtures/augment/make.py): pixels and chance.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyedRandom } from '../../core/random.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { type AugmentationOptions, createAugmentation } from '../../native-worker/data/augment/augmentation.ts';
import { drawJitter } from '../../native-worker/data/augment/colour-jitter.ts';
import { randomResizedCrop } from '../../native-worker/data/augment/crop.ts';
import { drawErasing, erase } from '../../native-worker/data/augment/erasing.ts';
import type { Image } from '../../native-worker/data/augment/image.ts';
import { type OperationName, operations } from '../../native-worker/data/augment/operations.ts';
import { drawOperations, parseRandAugment } from '../../native-worker/data/augment/rand-augment.ts';

const fixtures = path.join(import.meta.dirname, '..', 'fixtures', 'augment');
const golden = readSafetensors(path.join(fixtures, 'operations.safetensors'));
const timm: Distributions = JSON.parse(readFileSync(path.join(fixtures, 'distributions.json'), 'utf8'));

interface Cdf {
  at: number[];
  share: number[];
}
interface Distributions {
  crops: {
    draws: number;
    cases: {
      width: number;
      height: number;
      scale: [number, number];
      ratio: [number, number];
      cdf: Record<string, Cdf>;
    }[];
  };
  erasings: { draws: number; side: number; erased: number; cdf: Record<string, Cdf> };
  rand_augment: {
    config: string;
    draws: number;
    layers: number[];
    operations: Record<string, { count: number; cdf: Cdf }>;
  }[];
}

const imageOf = (mode: string): Image => {
  const [height, width, channels] = golden.tensors.get(`${mode}/image`)!.shape as [number, number, 1 | 3];
  return { data: golden.read(`${mode}/image`) as Uint8Array, width, height, channels };
};
const images: Record<string, Image> = { rgb: imageOf('rgb'), grey: imageOf('grey') };
const fill = JSON.parse(golden.metadata.fill!) as number[];
const operation = (name: OperationName) => operations.find((o) => o.name === name)!;

/** Shares of values that are the same, and within one level. */
function agreement(found: Uint8Array, expected: Uint8Array): { same: number; near: number } {
  expect(found.length).toBe(expected.length);
  let same = 0;
  let near = 0;
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs(found[i]! - expected[i]!);
    if (off === 0) same++;
    if (off <= 1) near++;
  }
  return { same: same / found.length, near: near / found.length };
}

describe('pixels as Pillow has them', () => {
  const cases = [...golden.tensors.keys()].map((key) => key.split('/')).filter((parts) => parts.length === 4);

  test('every operation is in the golden file, in both modes', () => {
    for (const mode of ['rgb', 'grey'])
      expect(new Set(cases.filter((c) => c[0] === mode).map((c) => c[1]))).toEqual(
        new Set(operations.map((o) => o.name)),
      );
  });

  test.each(cases)('%s %s %s %s', (mode, name, argument, interpolation) => {
    const image = images[mode!]!;
    const to = new Uint8Array(image.data.length).fill(77);
    const before = image.data.slice();
    operation(name as OperationName).apply(image, to, Number(argument), {
      interpolation: interpolation as 'bilinear' | 'bicubic',
      fill,
    });
    const { same, near } = agreement(to, golden.read([mode, name, argument, interpolation].join('/')) as Uint8Array);
    expect(near).toBeGreaterThanOrEqual(0.99);
    expect(same).toBe(1);
    expect(image.data).toEqual(before);
  });

  test.each(['rgb', 'grey'])('jitter of %s: saturation, then brightness, then contrast', (mode) => {
    let image = images[mode]!;
    for (const [name, factor] of [
      ['Color', 1.37],
      ['Brightness', 0.62],
      ['Contrast', 1.4],
    ] as const) {
      const data = new Uint8Array(image.data.length);
      operation(name).apply(image, data, factor, { interpolation: 'bicubic', fill });
      image = { ...image, data };
    }
    expect(agreement(image.data, golden.read(`${mode}/jitter`) as Uint8Array).same).toBe(1);
  });
});

/** Our draws against the shares that timm's had, within 4.5 standard deviations of their difference. */
function expectAlike(values: readonly number[], { at, share }: Cdf, timmDraws: number): void {
  for (const [k, point] of at.entries()) {
    const found = values.filter((v) => v <= point + 1e-9).length / values.length;
    const p = share[k]!;
    const deviation = Math.sqrt(Math.max(p * (1 - p), 1e-4) * (1 / values.length + 1 / timmDraws));
    expect(Math.abs(found - p), `share at most ${point}: ${found}, timm's ${p}`).toBeLessThan(4.5 * deviation);
  }
}
const expectShare = (count: number, of: number, timmCount: number, timmOf: number): void => {
  const p = (count + timmCount) / (of + timmOf);
  const deviation = Math.sqrt(p * (1 - p) * (1 / of + 1 / timmOf));
  expect(Math.abs(count / of - timmCount / timmOf)).toBeLessThanOrEqual(4.5 * deviation);
};

describe('chance as timm has it', () => {
  const draws = 20_000;

  test.each(timm.crops.cases)('random resized crops of $width x $height', ({ width, height, scale, ratio, cdf }) => {
    const random = keyedRandom(1, 2, 3, 4);
    const boxes = Array.from({ length: draws }, () => randomResizedCrop(random, width, height, scale, ratio));
    for (const side of ['left', 'top', 'width', 'height'] as const)
      expectAlike(
        boxes.map((b) => b[side]),
        cdf[side]!,
        timm.crops.draws,
      );
    expect(boxes.every((b) => b.left + b.width <= width && b.top + b.height <= height)).toBe(true);
  });

  test('erased boxes', () => {
    const { side, cdf, erased } = timm.erasings;
    const random = keyedRandom(5, 2, 3, 4);
    const boxes = Array.from({ length: draws }, () => drawErasing(random, side, side)).filter((b) => b !== null);
    for (const edge of ['left', 'top', 'width', 'height'] as const)
      expectAlike(
        boxes.map((b) => b[edge]),
        cdf[edge]!,
        erased,
      );
  });

  test.each(timm.rand_augment)('$config', ({ config, draws: timmDraws, layers, operations: expected }) => {
    const parsed = parseRandAugment(config);
    const random = keyedRandom(6, 2, 3, 4);
    const found = new Map<string, number[]>();
    const perImage = layers.map(() => 0);
    for (let i = 0; i < draws; i++) {
      const drawn = drawOperations(parsed, random);
      perImage[drawn.length]!++;
      for (const { operation, argument } of drawn) {
        const values = found.get(operation.name) ?? [];
        values.push(argument);
        found.set(operation.name, values);
      }
    }
    expect(new Set(found.keys())).toEqual(new Set(Object.keys(expected)));
    for (const [k, count] of layers.entries()) expectShare(perImage[k]!, draws, count, timmDraws);
    for (const [name, { count, cdf }] of Object.entries(expected)) {
      const values = found.get(name)!;
      expectShare(values.length, draws, count, timmDraws);
      expectAlike(values, cdf, count);
    }
  });

  test('jitter: factors uniform in 1 ± jitter, never below 0, each of the six orders as often', () => {
    const random = keyedRandom(7, 2, 3, 4);
    const orders = new Map<string, number>();
    const factors: number[] = [];
    for (let i = 0; i < draws; i++) {
      const drawn = drawJitter(0.4, random);
      const order = drawn.map((d) => d.operation.name).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
      factors.push(...drawn.map((d) => d.argument));
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count / draws - 1 / 6)).toBeLessThan(4.5 * 0.00264);
    const at = [0.7, 0.8, 1, 1.2, 1.3];
    expectAlike(factors, { at, share: at.map((x) => (x - 0.6) / 0.8) }, Number.POSITIVE_INFINITY);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.6);
    expect(drawJitter(3, random).every((d) => d.argument >= 0 && d.argument < 4)).toBe(true);
  });
});

describe('erasing', () => {
  const box = { left: 3, top: 2, width: 90, height: 70 };
  const side = 100;
  const erased = (mode: 'const' | 'rand' | 'pixel') => {
    const pixels = new Float32Array(side * side * 3).fill(9);
    erase(pixels, side, 3, box, mode, keyedRandom(1, 2, 3, 4));
    const inside: number[] = [];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const values = [...pixels.subarray((y * side + x) * 3, (y * side + x) * 3 + 3)];
        if (x >= 3 && x < 93 && y >= 2 && y < 72) inside.push(...values);
        else expect(values).toEqual([9, 9, 9]);
      }
    return inside;
  };

  test('const: the mean colour', () => expect(new Set(erased('const'))).toEqual(new Set([0])));

  test('rand: one colour', () => {
    const inside = erased('rand');
    const colour = inside.slice(0, 3);
    expect(new Set(colour).size).toBe(3);
    expect(inside.every((v, i) => v === colour[i % 3])).toBe(true);
  });

  test('pixel: independent standard normal numbers', () => {
    const inside = erased('pixel');
    const n = inside.length;
    const mean = (of: (v: number, i: number) => number) => inside.reduce((sum, v, i) => sum + of(v, i), 0) / n;
    expect(Math.abs(mean((v) => v))).toBeLessThan(4.5 / Math.sqrt(n));
    expect(Math.abs(mean((v) => v * v) - 1)).toBeLessThan(4.5 * Math.sqrt(2 / n));
    expect(Math.abs(mean((v) => v ** 4) - 3)).toBeLessThan(4.5 * Math.sqrt(96 / n));
    expect(Math.abs(mean((v, i) => v * (inside[i + 1] ?? 0)))).toBeLessThan(4.5 / Math.sqrt(n));
    const normal = {
      at: [-2.326, -1.2816, -0.5244, 0, 0.5244, 1.2816, 2.326],
      share: [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99],
    };
    expectAlike(inside, normal, Number.POSITIVE_INFINITY);
  });
});

describe('grammar of aa', () => {
  test.each([
    ['rand-m9-mstd0.5-inc1', { magnitude: 9, deviation: 0.5, increasing: true, layers: 2, probability: 0.5, most: 10 }],
    ['rand', { magnitude: 10, deviation: 0, increasing: false, weighted: false }],
    ['rand-n3-p0.7-mmax20', { layers: 3, probability: 0.7, most: 20 }],
    ['rand-m7.5-p.25', { magnitude: 7.5, probability: 0.25 }],
    ['rand-mstdinf', { deviation: Number.POSITIVE_INFINITY }],
    ['rand-mstd101', { deviation: Number.POSITIVE_INFINITY }],
    ['rand-tweights', { weighted: true }],
  ])('%s', (text, expected) => expect(parseRandAugment(text)).toMatchObject(expected));

  test.each(['auto-v0', 'rand-w0', 'rand-m', 'rand-mstd0.5x', 'rand-tweights-n16'])('refuses %s', (text) =>
    expect(() => parseRandAugment(text)).toThrow(expect.objectContaining({ code: 'RECIPE_INVALID' })),
  );

  test('magnitudes beyond 10 count where mmax lets them', () => {
    const random = keyedRandom(1, 1, 1, 1);
    const most = (config: string) =>
      Math.max(
        ...Array.from({ length: 200 }, () => drawOperations(parseRandAugment(config), random)).flatMap((drawn) =>
          drawn.filter((d) => d.operation.name === 'Rotate').map((d) => Math.abs(d.argument)),
        ),
      );
    expect(most('rand-m20-p1')).toBe(30);
    expect(most('rand-m20-p1-mmax20')).toBe(60);
  });

  test('no bit kept leaves black, as Pillow before 13 had it', () => {
    const to = new Uint8Array(images.rgb!.data.length).fill(1);
    operation('Posterize').apply(images.rgb!, to, 0, { interpolation: 'bicubic', fill });
    expect(to.every((v) => v === 0)).toBe(true);
  });
});

describe('the steps of an image', () => {
  const side = 24;
  const image: Image = {
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7 + (i % 3) * 40 + (i >> 5)) % 256),
    width: side,
    height: side,
    channels: 3,
  };
  const off: AugmentationOptions = {
    train_crop_mode: 'none',
    scale: [0.08, 1],
    ratio: [3 / 4, 4 / 3],
    crop_padding: 0,
    hflip: 0,
    color_jitter: 0,
    aa: null,
    reprob: 0,
    remode: 'pixel',
    imgSize: side,
    mean: [0.485, 0.456, 0.406],
    interpolation: 'bicubic',
  };
  const deit: AugmentationOptions = {
    ...off,
    train_crop_mode: 'rrc',
    hflip: 0.5,
    color_jitter: 0.4,
    aa: 'rand-m9-mstd0.5-inc1',
    reprob: 0.25,
  };
  const changed = (o: AugmentationOptions, sample: number) => {
    const steps = createAugmentation(o);
    const random = keyedRandom(1, 2, 3, sample);
    const box = steps.crop?.(random, 640, 480) ?? null;
    const pixels = steps.pixels?.(image, random).data.slice() ?? image.data;
    const floats = Float32Array.from(pixels);
    steps.floats?.(floats, random);
    return { box, pixels, floats };
  };

  test('nothing asked for: nothing to do', () =>
    expect(createAugmentation(off)).toEqual({ crop: null, pixels: null, floats: null }));

  test('the same key gives the same bytes, whatever came before; another key others; the image stays', () => {
    const before = image.data.slice();
    const all = Array.from({ length: 12 }, (_, i) => changed(deit, i));
    const steps = createAugmentation(deit);
    for (const i of [7, 0, 11, 7]) {
      const random = keyedRandom(1, 2, 3, i);
      expect(steps.crop!(random, 640, 480)).toEqual(all[i]!.box);
      expect(steps.pixels!(image, random).data).toEqual(all[i]!.pixels);
      const floats = Float32Array.from(all[i]!.pixels);
      steps.floats!(floats, random);
      expect(floats).toEqual(all[i]!.floats);
    }
    expect(new Set(all.map((a) => a.floats.join())).size).toBe(12);
    expect(image.data).toEqual(before);
  });

  test('a flip mirrors; a padded crop is a shift over black by its first two draws, before the flip', () => {
    const at = (y: number, x: number, c: number) =>
      y < 0 || y >= side || x < 0 || x >= side ? 0 : image.data[(y * side + x) * 3 + c]!;
    let flips = 0;
    for (let sample = 0; sample < 40; sample++) {
      const random = keyedRandom(1, 2, 3, sample);
      const dy = random.int(9) - 4;
      const dx = random.int(9) - 4;
      const flip = random.bernoulli(0.5);
      if (flip) flips++;
      const expected = image.data.map((_, i) => {
        const x = Math.floor(i / 3) % side;
        return at(Math.floor(i / 3 / side) + dy, (flip ? side - 1 - x : x) + dx, i % 3);
      });
      expect(changed({ ...off, crop_padding: 4, hflip: 0.5 }, sample).pixels).toEqual(expected);
    }
    expect(flips).toBeGreaterThan(8);
    expect(flips).toBeLessThan(32);
  });

  test('RandAugment applies what it draws, one after the other, with the mean colour around', () => {
    const config = parseRandAugment('rand-m9-n4-mstd0.5-inc1');
    const mean = { interpolation: 'bilinear', fill: [124, 116, 104] } as const;
    let applied = 0;
    for (let sample = 0; sample < 30; sample++) {
      let expected = image.data;
      for (const { operation, argument } of drawOperations(config, keyedRandom(1, 2, 3, sample))) {
        const to = new Uint8Array(expected.length);
        operation.apply({ ...image, data: expected }, to, argument, mean);
        expected = to;
        applied++;
      }
      const o: AugmentationOptions = { ...off, aa: 'rand-m9-n4-mstd0.5-inc1', interpolation: 'bilinear' };
      expect(changed(o, sample).pixels).toEqual(expected);
    }
    expect(applied).toBeGreaterThan(30);
  });

  test('colour jitter stands back where aa is set, as in timm', () => {
    const none = { ...off, aa: 'rand-p0' };
    expect(changed({ ...none, color_jitter: 0.4 }, 1).pixels).toEqual(image.data);
    expect(changed({ ...off, color_jitter: 0.4 }, 1).pixels).not.toEqual(image.data);
  });

  test('erasing happens as often as its probability', () => {
    const steps = createAugmentation({ ...off, reprob: 0.25, remode: 'const' });
    let erased = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const floats = new Float32Array(image.data.length).fill(1);
      steps.floats!(floats, keyedRandom(1, 2, 3, sample));
      if (floats.includes(0)) erased++;
    }
    expect(Math.abs(erased / 2000 - 0.25)).toBeLessThan(4.5 * Math.sqrt((0.25 * 0.75) / 2000));
  });

  test('grey images go the same way', () => {
    const steps = createAugmentation({ ...deit, mean: [0.1307] });
    const grey: Image = { ...image, data: image.data.slice(0, side * side), channels: 1 };
    const first = steps.pixels!(grey, keyedRandom(1, 2, 3, 9)).data.slice();
    expect(first).toHaveLength(side * side);
    expect(createAugmentation({ ...deit, mean: [0.1307] }).pixels!(grey, keyedRandom(1, 2, 3, 9)).data).toEqual(first);
  });

  test('an unknown section of aa is refused when the steps are made', () =>
    expect(() => createAugmentation({ ...off, aa: 'rand-m9-q3' })).toThrow('"q3"'));
});
