// Dropout masks: the same bits compiled, as a graph and replayed, and those of the keyed generator; shares as asked.
import { describe, expect, it } from 'vitest';
import { keyedRandom, streams } from '../../../core/random.ts';
import { dropoutMask } from '../../../native-worker/engine/dropout-mask.ts';
import { trace } from '../../../native-worker/engine/index.ts';
import { hostMask } from '../../../native-worker/engine/kernels/dropout-mask.ts';
import { variants, withExecutor } from './engines.ts';

const sites = [
  { shape: [1003], seed: 0, site: 0, rate: 0.1 },
  { shape: [2, 5, 37], seed: 4294967295, site: 7, rate: 0.5 },
  { shape: [4, 3, 3], seed: 42, site: 4000000000, rate: 0.999 },
];
const steps = [0, 1, 123456789, 2147483647];
const fn = trace('masks', {}, { step: { shape: [], dtype: 'int32' } }, (_, { step }) => ({
  outputs: Object.fromEntries(sites.map(({ shape, ...rest }, i) => [`${i}`, dropoutMask(shape, step!, rest)])),
}));

function drawn({ shape, seed, site, rate }: (typeof sites)[number], step: number): Float32Array {
  const random = keyedRandom(seed, streams.dropout, step, site);
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, () =>
    (random.uint32() | 0) < Math.round(rate * 2 ** 32) - 2 ** 31 ? 0 : 1 / (1 - rate),
  );
}

describe.each(variants)('on $name', ({ options }) => {
  it('a mask is the keyed generator, bit for bit', async () => {
    await withExecutor({ calls: [{ name: 'masks', fn }] }, options, async (executor) => {
      for (const step of steps) {
        const got = await executor.call('masks', { step: Int32Array.of(step) });
        for (const [i, s] of sites.entries()) expect(got[`${i}`], `site ${i} of step ${step}`).toEqual(drawn(s, step));
      }
    });
  });
});

it('drops the share that is asked for and keeps the mean', () => {
  const mask = hostMask([200_000], { seed: 1, site: 3, rate: 0.2 }, 5);
  const share = mask.filter((v) => v === 0).length / mask.length;
  expect(Math.abs(share - 0.2)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / mask.length));
  expect(mask.reduce((a, b) => a + b, 0) / mask.length).toBeCloseTo(1, 2);
});
