// tfjs's gradients, traced and compiled, against central differences of the same function on the same engine.
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Executor, type Spec, type Tensors, trace, type Values } from '../../../native-worker/engine/index.ts';
import { sizeOf } from '../../../native-worker/engine/spec.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { random } from '../../unit/engine/kernel-cases.ts';
import { relativeError } from '../golden.ts';
import { withExecutor } from './engines.ts';

const shape = [3, 4];
const x: Spec = { shape, dtype: 'float32' };
const size = sizeOf(shape);

/** Functions of x in [0.3, 1.3], away from kinks, summed with fixed weights to a scalar. The lists of split and unstack are copied
 * before they are reversed: tfjs's tape holds the very same array. */
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  add: (x) => x.add(x.slice([0, 0], [1, 4])),
  sub: (x) => tf.sub(x.slice([0, 0], [3, 1]), x),
  mul: (x) => x.mul(x.slice([1, 0], [1, 4])),
  div: (x) => x.div(x.slice([0, 1], [3, 1])),
  pow: (x) => x.pow(2.5),
  'pow of pow': (x) => tf.pow(x, x),
  maximum: (x) => tf.maximum(x, 0.83),
  minimum: (x) => tf.minimum(x, 0.83),
  squaredDifference: (x) => tf.squaredDifference(x, x.reverse(1)),
  abs: (x) => x.sub(0.83).abs(),
  neg: (x) => x.neg(),
  square: (x) => x.square(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  erf: (x) => x.erf(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  softplus: (x) => x.softplus(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  relu: (x) => x.sub(0.83).relu(),
  clip: (x) => x.clipByValue(0.51, 1.02),
  where: (x) => tf.where(x.greater(0.83), x.square(), x.mul(3)),
  'where not and': (x) => tf.where(tf.logicalAnd(x.less(1), tf.logicalNot(x.lessEqual(0.5))), x.square(), x),
  sum: (x) => x.square().sum(0, true).mul(x),
  mean: (x) => x.mean(-1, true).mul(x),
  max: (x) => x.max(1, true).mul(x),
  min: (x) => x.min(0, true).mul(x),
  prod: (x) => tf.prod(x, 1, true).mul(x),
  cumsum: (x) => x.square().cumsum(1),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  reshape: (x) => x.reshape([4, 3]).square().reshape(shape),
  expandDims: (x) => x.expandDims(1).square().reshape(shape),
  transpose: (x) => x.transpose().square().transpose(),
  concat: (x) => tf.concat([x.slice([0, 2], [3, 2]), x.square().slice([0, 0], [3, 2])], 1),
  split: (x) => tf.concat([...tf.split(x, 2, 1)].reverse(), 1).square(),
  unstack: (x) => tf.stack([...tf.unstack(x.square(), 0)].reverse(), 0),
  pad: (x) =>
    x
      .pad([
        [1, 0],
        [0, 1],
      ])
      .square()
      .slice([1, 1], shape as [number, number]),
  tile: (x) =>
    x
      .tile([2, 1])
      .square()
      .slice([1, 0], shape as [number, number]),
  broadcastTo: (x) => x.slice([0, 0], [1, 4]).broadcastTo([3, 4]).square(),
  gather: (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')).square(),
  addN: (x) => tf.addN([x, x.square(), x.exp()]),
  matMul: (x) => tf.matMul(tf.matMul(x, x, false, true), x),
  'matMul aT': (x) => tf.matMul(x, tf.matMul(x, x, true)),
  'matMul batch': (x) => {
    const batch = tf.stack([x, x.square()]);
    return tf.matMul(tf.matMul(batch, batch, false, true), batch).sum(0);
  },
  attention: (x) => tf.matMul(tf.softmax(tf.matMul(x, x, false, true).mul(0.5)), x),
  cosine: (x) => x.div(x.square().sum(-1, true).sqrt().add(1e-6)),
  'global norm': (x) => x.mul(tf.minimum(1, tf.div(0.7, x.square().sum().sqrt()))),
  'label smoothing': (x) =>
    tf.logSoftmax(x).mul(tf.oneHot(tf.tensor1d([1, 3, 0], 'int32'), 4, 0.9, 0.1 / 3, 'float32')),
  'custom gradient': (x) =>
    tf.customGrad((a, save) => {
      (save as (t: Tensor[]) => void)([a as Tensor]);
      return {
        value: (a as Tensor).square(),
        gradFunc: (dy: Tensor, saved: Tensor[]) => dy.mul(saved[0]!).mul(2),
      };
    })(x),
};

const names = Object.keys(functions);
const weights = (): Tensor =>
  tf.tensor(
    Array.from({ length: size }, (_, i) => Math.sin(i + 1)),
    shape,
  );
const scalar = (name: string) => (x: Tensor) => functions[name]!(x).mul(weights()).sum() as never;
const each = (of: (name: string) => Tensor): Tensors => Object.fromEntries(names.map((n) => [n, of(n)]));

const values = trace('values', {}, { x }, (_, i) => ({ outputs: each((n) => functions[n]!(i.x!)) }));
const gradients = trace('gradients', {}, { x }, (_, i) => ({ outputs: each((n) => tf.grad(scalar(n))(i.x!)) }));

/** Central differences of the weighted sum, summed on the host in float64. */
async function differences(executor: Executor, at: Float32Array): Promise<Record<string, number[]>> {
  const result: Record<string, number[]> = Object.fromEntries(names.map((n) => [n, []]));
  const weigh = (y: Values, n: string) =>
    Array.from(y[n]!).reduce((sum, v, i) => sum + v * Math.fround(Math.sin(i + 1)), 0);
  for (let i = 0; i < size; i++) {
    const [up, down] = [at.slice(), at.slice()];
    up[i]! += 2e-3;
    down[i]! -= 2e-3;
    const [high, low] = [await executor.call('values', { x: up }), await executor.call('values', { x: down })];
    for (const n of names) result[n]!.push((weigh(high, n) - weigh(low, n)) / (up[i]! - down[i]!));
  }
  return result;
}

describe('gradients', () => {
  let got: Values;
  let want: Record<string, number[]>;
  beforeAll(async () => {
    const next = random(11);
    const at = Float32Array.from({ length: size }, () => 0.3 + next());
    const program = {
      calls: [
        { name: 'values', fn: values },
        { name: 'gradients', fn: gradients },
      ],
    };
    await withExecutor(program, { engine: 'cpu' }, async (executor) => {
      got = await executor.call('gradients', { x: at });
      want = await differences(executor, at);
    });
  });
  it.each(names)('%s', (name) => {
    expect(relativeError(got[name]!, want[name]!)).toBeLessThan(2e-3);
  });
});
