// Dropout masks: the same bits compiled, as a graph and replayed, and those made on the host; shares as asked.
import { describe, expect, it } from 'vitest';
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

describe.each(variants)('on $name', ({ options }) => {
  it('a mask has the bits made on the host', async () => {
    await withExecutor({ calls: [{ name: 'masks', fn }] }, options, async (executor) => {
      for (const step of steps) {
        const got = await executor.call('masks', { step: Int32Array.of(step) });
        for (const [i, s] of sites.entries())
          expect(got[`${i}`], `site ${i} of step ${step}`).toEqual(hostMask(s.shape, s, step));
      }
    });
  });
});

describe('what is drawn', () => {
  const size = 200_000;
  const at = (site: number, step: number, rate = 0.2) => hostMask([size], { seed: 1, site, rate }, step);
  const near = (count: number, of: number, p: number) =>
    expect(Math.abs(count / of - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / of));

  it.each([0.001, 0.1, 0.5, 0.9])('drops the share %d and keeps the mean', (rate) => {
    const mask = at(3, 5, rate);
    near(mask.filter((v) => v === 0).length, size, rate);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
  });

  it('is independent between neighbours, steps and sites', () => {
    const mask = at(0, 0);
    const both = (other: Float32Array, by: number) => {
      let count = 0;
      for (let i = 0; i + by < size; i++) if (mask[i] === 0 && other[i + by] === 0) count++;
      near(count, size - by, 0.04);
    };
    for (const by of [1, 2, 3, 4, 64, 65, 192, 4096]) both(mask, by);
    for (const step of [1, 2, 3, 100, 2 ** 31 - 1]) both(at(0, step), 0);
    for (const site of [1, 2, 3, 50]) both(at(site, 0), 0);
  });
});
