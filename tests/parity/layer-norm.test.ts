// LayerNorm's written-out gradient against its composed twin.
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { keyedRandom } from '../../core/random.ts';
import { createExecutor, type Specs, trace, type Values } from '../../native-worker/engine/index.ts';
import { composedLayerNorm, layerNorm } from '../../native-worker/models/layer-norm.ts';
import { relativeError } from './golden.ts';

const specs = (shape: number[]): Specs => ({
  x: { shape, dtype: 'float32' },
  weight: { shape: shape.slice(-1), dtype: 'float32' },
  bias: { shape: shape.slice(-1), dtype: 'float32' },
  dy: { shape, dtype: 'float32' },
});

it.each([[[3, 5]], [[2, 7, 16]], [[2, 3, 4, 96]]])('value and gradients of shape %j', async (shape) => {
  const inputs = specs(shape);
  const random = keyedRandom(1, 0, shape.length, 0);
  const given: Values = Object.fromEntries(
    Object.entries(inputs).map(([k, s]) => [
      k,
      Float32Array.from({ length: s.shape.reduce((a, b) => a * b, 1) }, () => random.normal() * 3 + 1),
    ]),
  );
  const calls = Object.entries({ layerNorm, composedLayerNorm }).map(([name, f]) => ({
    name,
    fn: trace(name, {}, inputs, (_, i) => {
      const [x, weight, bias, dy] = ['x', 'weight', 'bias', 'dy'].map((k) => i[k] as tf.Tensor) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const { value, grads } = tf.valueAndGrads((a, b, c) => f(a, b, c).mul(dy).sum() as tf.Scalar)([x, weight, bias]);
      return { outputs: { y: f(x, weight, bias), value, dx: grads[0]!, dweight: grads[1]!, dbias: grads[2]! } };
    }),
  }));
  const executor = await createExecutor({ calls }, { engine: 'cpu', form: 'xla' });
  try {
    const own = await executor.call('layerNorm', given);
    const twin = await executor.call('composedLayerNorm', given);
    for (const k of ['y', 'value', 'dx', 'dweight', 'dbias'])
      expect(relativeError(own[k]!, twin[k]!), k).toBeLessThan(2e-5);
  } finally {
    executor.dispose();
  }
});
