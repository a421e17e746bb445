// The probe's measures on nearly equal and on random tokens (256 images x 196 x 64) against float64: sums of equal terms are where fp32 fails.
import { expect, it } from 'vitest';
import { metricCatalogue } from '../../core/catalogue.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import { trace } from '../../native-worker/engine/trace.ts';
import { probeFunctions } from '../../native-worker/training/program.ts';
import { golden } from './golden.ts';

const [images, patches, width, part] = [256, 196, 64, 32];
const tolerance = 1e-5;

/** The formula of the golden file: murmur3's finaliser as noise. */
function noise(k: number, salt: number): number {
  let sum = 0;
  for (let t = 0; t < 4; t++) {
    let x = (Math.imul(k, 4) + t + salt) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    sum += ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }
  return (sum - 2) * Math.sqrt(3);
}

const token = {
  random: (b: number, i: number, d: number) => noise((b * patches + i) * width + d, 0x9e3779b9),
  nearly_equal: (b: number, i: number, d: number) =>
    noise(b * width + d, 0x51ed270b) + 1e-3 * noise((b * patches + i) * width + d, 0x9e3779b9),
};

it.each(['nearly_equal', 'random'] as const)('measures %s tokens within 1e-5 of float64', async (kind) => {
  const fn = trace('measure', {}, { tokens: { shape: [part, patches, width], dtype: 'float32' } }, (_, { tokens }) => ({
    outputs: Object.fromEntries(
      Object.entries(probeFunctions).map(([id, f]) => [id, f(tokens as Parameters<typeof f>[0])]),
    ),
  }));
  const executor = await createExecutor({ calls: [{ name: 'measure', fn }] }, { engine: 'cpu', form: 'xla' });
  const want = golden('metrics-nearly-equal.safetensors', `${kind}.`).values;
  try {
    const make = token[kind];
    const sums: Record<string, number> = {};
    expect(Float32Array.from({ length: width }, (_, d) => make(0, 0, d))).toEqual(want.first_token);
    for (let from = 0; from < images; from += part) {
      const tokens = Float32Array.from({ length: part * patches * width }, (_, k) =>
        make(from + Math.floor(k / (patches * width)), Math.floor(k / width) % patches, k % width),
      );
      const out = await executor.call('measure', { tokens });
      for (const id of Object.keys(probeFunctions)) {
        const expected = want[id]!.slice(from, from + part);
        sums[id] = (out[id] as Float32Array).reduce((sum, x) => sum + x, sums[id] ?? 0);
        const worst = Math.max(...Array.from(out[id]!, (x, i) => Math.abs(x - expected[i]!)));
        expect(worst, `${id} of images from ${from}`).toBeLessThan(tolerance);
      }
    }
    const mean = (id: string) => sums[id]! / images;
    if (kind === 'random') {
      const floor = metricCatalogue.cos_abs.floor!(width);
      expect(Math.abs(mean('cos_abs') / floor - 1), 'the floor drawn on charts').toBeLessThan(0.01);
      expect(Math.abs(mean('cos'))).toBeLessThan(1e-3);
      expect(mean('hfc')).toBeCloseTo(1 - 1 / patches, 3);
    } else expect([mean('cos_abs'), mean('cos'), 1 - mean('hfc')].every((x) => x > 0.999)).toBe(true);
  } finally {
    executor.dispose();
  }
});

const square = [
  [1, 0],
  [0, 1],
];
it.each([
  {
    name: 'all equal',
    tokens: [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
    want: { cos: 1, cos_abs: 1, hfc: 0 },
  },
  { name: 'orthogonal', tokens: square, want: { cos: 0, cos_abs: 0, hfc: 0.5 } },
  {
    name: 'opposite',
    tokens: [
      [1, 2],
      [-1, -2],
    ],
    want: { cos: -1, cos_abs: 1, hfc: 1 },
  },
  {
    name: 'all zero',
    tokens: [
      [0, 0],
      [0, 0],
    ],
    want: { cos: 0, cos_abs: 0, hfc: 0 },
  },
])('knows tokens that are $name', async ({ tokens, want }) => {
  const shape = [1, tokens.length, 2];
  const fn = trace('measure', {}, { tokens: { shape, dtype: 'float32' } }, (_, i) => ({
    outputs: Object.fromEntries(
      Object.entries(probeFunctions).map(([id, f]) => [id, f(i.tokens as Parameters<typeof f>[0])]),
    ),
  }));
  const executor = await createExecutor({ calls: [{ name: 'measure', fn }] }, { engine: 'cpu', form: 'graph' });
  const out = await executor.call('measure', { tokens: Float32Array.from(tokens.flat()) });
  executor.dispose();
  for (const [id, value] of Object.entries(want)) expect(out[id]![0], id).toBeCloseTo(value, 6);
});
