// Images of every kind and resizes against PIL's, from golden files (tests/fixtures/images/make.py); and what is no image.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { decodeImage, decodeView, imageHead, unreadable } from '../../native-worker/data/decode.ts';
import { type Interpolation, type Raster, resample, type View } from '../../native-worker/data/resample.ts';
import { code } from '../../native-worker/data/resample-code.ts';
import { resampleFast } from '../../native-worker/data/resample-fast.ts';
import { centreView, wholeView } from '../../native-worker/data/view.ts';

const folder = path.join(import.meta.dirname, '..', 'fixtures', 'images');
const file = (name: string): Buffer => readFileSync(path.join(folder, name));
const golden = readSafetensors(path.join(folder, 'golden.safetensors'));
afterAll(() => golden.close());

const pixels = (name: string): Uint8Array => golden.read(name) as Uint8Array;
const shape = (name: string): readonly number[] => golden.tensors.get(name)?.shape ?? [];
function differences(a: Uint8Array, b: Uint8Array): { mean: number; most: number } {
  expect(a).toHaveLength(b.length);
  const all = Array.from(a, (x, i) => Math.abs(x - b[i]!));
  return { mean: all.reduce((sum, d) => sum + d, 0) / all.length, most: Math.max(...all) };
}

const images = readdirSync(folder).filter((name) => golden.tensors.has(`${name}/rgb`));
test('there are images of every kind', () => {
  expect(images.length).toBeGreaterThanOrEqual(20);
});

describe.each(images)('%s', (name) => {
  test('is decoded as PIL does, in colour and grey', async () => {
    const [height, width] = shape(`${name}/rgb`);
    expect(await imageHead(file(name))).toMatchObject({ width, height });
    const colour = await decodeImage(file(name), 3);
    expect(colour).toMatchObject({ width, height });
    // The same libjpeg on both sides gives the same bytes; another build may round otherwise.
    expect(differences(colour.data, pixels(`${name}/rgb`)).most).toBeLessThanOrEqual(2);
    const grey = await decodeImage(file(name), 1);
    expect(differences(grey.data, pixels(`${name}/l`)).most).toBeLessThanOrEqual(2);
  });

  test('gives of a part what the whole gives', async () => {
    const all = await decodeImage(file(name), 3);
    const box = { left: 2, top: 3, width: 11, height: 9 };
    const part = await decodeView(file(name), 3, () => wholeView(box, 8), 'bicubic');
    const out = new Uint8Array(8 * 8 * 3);
    resample({ ...all, channels: 3 }, wholeView(box, 8), 'bicubic', out);
    expect(differences(part, out).most).toBe(0);
  });
});

interface Case {
  box: [number, number, number, number];
  size: [number, number];
  interpolation: Interpolation;
  /** Pillow 13 takes some tall parts the other way round: other roundings and cut-offs between its passes. */
  horizontal_first: boolean;
}
const cases = Object.entries(JSON.parse(golden.metadata.cases ?? '{}') as Record<string, Case>);

describe.each(cases)(
  'a resize %s',
  (name, { box: [left, top, right, bottom], size: [width, height], interpolation, horizontal_first }) => {
    const [sourceHeight = 0, sourceWidth = 0] = shape('resize/source');
    const source = { data: pixels('resize/source'), width: sourceWidth, height: sourceHeight, channels: 3 };
    const box = { left, top, width: right - left, height: bottom - top };
    test.each([
      ['plain', resample],
      ['fast', resampleFast],
    ])('is Pillow’s, byte for byte where it takes rows first (%s)', (_, how) => {
      const view = { box, width, height, window: { left: 0, top: 0, width, height } };
      const out = new Uint8Array(width * height * 3);
      how(source, view, interpolation, out);
      const { mean, most } = differences(out, pixels(`resize/${name}`));
      if (horizontal_first) expect(most).toBe(0);
      else expect(mean).toBeLessThan(0.5);
    });
  },
);

test.each([1, 0.875])('timm’s evaluation transform with crop_pct %d', async (share) => {
  const place = (width: number, height: number) => centreView(width, height, 32, share);
  const own = await decodeView(file('photo.jpg'), 3, place, 'bicubic');
  const { mean, most } = differences(own, pixels(`view/${share === 1 ? '1.0' : share}`));
  expect(mean).toBeLessThan(0.5);
  expect(most).toBeLessThanOrEqual(2);
});

test('the fast resize is the plain one, whatever is asked for', () => {
  let state = 1;
  const random = (from: number, to: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return from + ((state >>> 8) % (to - from + 1));
  };
  for (let n = 0; n < 150; n++) {
    const [width, height] = [random(1, 150), random(1, 150)];
    const image: Raster = {
      data: Uint8Array.from({ length: width * height * 3 }, () => random(0, 255)),
      width,
      height,
      channels: 3,
    };
    const box = { width: random(1, width), height: random(1, height) };
    const [w, h] = [random(1, 90), random(1, 90)];
    const window = { width: random(1, w), height: random(1, h) };
    const view: View = {
      box: { ...box, left: random(0, width - box.width), top: random(0, height - box.height) },
      width: w,
      height: h,
      window: { ...window, left: random(0, w - window.width), top: random(0, h - window.height) },
    };
    const [a, b] = [0, 1].map(() => new Uint8Array(window.width * window.height * 3)) as [Uint8Array, Uint8Array];
    const interpolation = n % 2 ? 'bicubic' : 'bilinear';
    resample(image, view, interpolation, a);
    resampleFast(image, view, interpolation, b);
    expect(Buffer.compare(a, b), JSON.stringify({ width, height, view })).toBe(0);
  }
});

test('resample-code.ts is resample.wat, assembled', async () => {
  const { default: wabt } = await import('wabt');
  const { parseWat } = await wabt();
  const source = readFileSync(path.join(import.meta.dirname, '../../native-worker/data/resample.wat'), 'utf8');
  const { buffer } = parseWat('resample.wat', source, { simd: true }).toBinary({});
  expect(code).toBe(Buffer.from(buffer).toString('base64'));
});

describe('is refused with its reason', () => {
  const whole = file('rgb.jpg');
  const huge = Buffer.from(file('rgb.png'));
  huge.writeUInt32BE(50_001, 16);
  const hugeJpeg = Buffer.from(whole);
  const frame = hugeJpeg.indexOf(Buffer.from([0xff, 0xc0]));
  hugeJpeg.writeUInt16BE(60_000, frame + 5);
  hugeJpeg.writeUInt16BE(60_000, frame + 7);
  test.each([
    ['Unknown error', 'it is cut short or damaged'],
    ['Input buffer has corrupt header: VipsJpeg: Bogus marker length', 'Bogus marker length'],
    ['Input buffer has corrupt header:', 'it is cut short or damaged'],
    ['VipsJpeg: premature end of JPEG image\nmore', 'premature end of JPEG image'],
    ['vipspng: libpng read error', 'it is cut short or damaged'],
  ])('a JPEG of which libvips says: %s', (said, reason) => {
    expect(unreadable(new Error(said), whole).message).toBe(`the image cannot be decoded: ${reason}`);
  });
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a JPEG cut in the middle',
      whole.subarray(0, whole.length >> 1),
      /cannot be decoded: .*(premature end|cut short)/,
    ],
    [
      'a JPEG that lacks its last bytes',
      whole.subarray(0, whole.length - 8),
      /cannot be decoded: .*(premature end|cut short)/,
    ],
    ['a PNG cut in the middle', file('rgb.png').subarray(0, 500), /cannot be decoded/],
    ['a text', Buffer.from('no image at all, but long enough to be one'), /no image of a known format/],
    ['nothing', Buffer.alloc(0), /cannot be decoded|no image/],
    ['a head of 60,000 x 60,000 px', hugeJpeg, /is 60000 x 60000 px; at most 50000 a side/],
    ['a PNG that says it is 50,001 px wide', huge, /50001|cannot be decoded/],
  ])('%s', async (_, bytes, message) => {
    const errors = await Promise.allSettled([
      decodeImage(bytes, 3),
      decodeView(bytes, 3, (width, height) => centreView(width, height, 8, 1), 'bicubic'),
    ]);
    for (const e of errors)
      expect(e).toMatchObject({
        status: 'rejected',
        reason: { code: 'DATASET_INVALID', message: expect.stringMatching(message) },
      });
  });
});
