// Accuracy and quantiles as the host takes them from what an engine gives: padding, ties, numbers that are not finite.
import { expect, it } from 'vitest';
import { pixelSplit } from '../../native-worker/data/sources/pixels.ts';
import type { Executor } from '../../native-worker/engine/executor.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import { evaluate, probe, quantile } from '../../native-worker/training/evaluation.ts';
import { evaluationFeed, looks } from './streams.ts';

const split = pixelSplit('test', Int32Array.of(0, 1, 2, 3, 4), {
  kind: 'pixels',
  pixels: Uint8Array.of(0, 1, 2, 3, 4),
  width: 1,
  height: 1,
  channels: 1,
  file: '',
});
const data = { feed: evaluationFeed(split, looks(1), 2), split: 'test', images: 5, batch: 2 };

/** An engine whose answer to a batch of two is given. */
const answering = (answer: (inputs: Values, at: number) => Values): Executor => {
  let at = 0;
  const unused = () => {
    throw new Error('not asked for');
  };
  return {
    description: { engine: 'cpu', form: 'graph', version: '', device: 'cpu' },
    call: async (_, inputs) => answer(inputs, at++),
    put: unused,
    get: unused,
    tensorCount: () => 0,
    dispose: () => undefined,
  };
};

it('counts every image once and never the padding', async () => {
  const seen: number[] = [];
  const executor = answering(({ images, labels }) => {
    seen.push(...(labels as Int32Array));
    expect(images).toHaveLength(2);
    return { loss: Float32Array.of(1, 2), rank: Float32Array.of(1, 1) };
  });
  const result = await evaluate(executor, 'eval', data);
  expect(seen).toEqual([0, 1, 2, 3, 4, 0]);
  expect(result).toEqual({ images: 5, top1: 100, top5: 100, loss: 7 / 5 });
});

it('takes a tie, and a logit that is no number, as wrong', async () => {
  const ranks = [
    [1, 2],
    [5, 6],
    [Number.NaN, 1],
  ] as const;
  const executor = answering((_, at) => ({ loss: new Float32Array(2), rank: Float32Array.from(ranks[at]!) }));
  expect(await evaluate(executor, 'eval', data)).toMatchObject({ top1: 20, top5: 60 });
  const zero = answering(() => ({ loss: new Float32Array(2), rank: new Float32Array(2) }));
  expect(await evaluate(zero, 'eval', data)).toMatchObject({ top1: 0, top5: 0 });
});

it('keeps one value per layer and image for the quantiles, without the padding', async () => {
  const executor = answering(({ images }) => ({
    'cos.block': Float32Array.of(...(images as Float32Array), ...(images as Float32Array).map((x) => 10 * x)),
  }));
  const values = (await probe(executor, data, ['cos'], ['block'])).get('block')?.get('cos');
  expect(values?.mean.map((x) => Number(x.toFixed(4)))).toEqual([2, 20]);
  expect(values?.q10.map((x) => Number(x.toFixed(4)))).toEqual([0.4, 4]);
  expect(values?.q90.map((x) => Number(x.toFixed(4)))).toEqual([3.6, 36]);
});

it('takes quantiles as numpy does, and none of values that are no numbers', () => {
  expect(quantile([1, 2, 3, 4], 0.1)).toBeCloseTo(1.3, 12);
  expect(quantile([7], 0.9)).toBe(7);
  expect(quantile([1, Number.NaN, 3], 0.5)).toBeNaN();
});
