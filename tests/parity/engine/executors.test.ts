// A whole small training step on every engine: same losses, same weights, variables shared between calls, nothing leaking.
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Spec, type Specs, type Tensors, trace, type Values } from '../../../native-worker/engine/index.ts';
import { sizeOf } from '../../../native-worker/engine/spec.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { random } from '../../unit/engine/kernel-cases.ts';
import { relativeError } from '../golden.ts';
import { variants, withExecutor } from './engines.ts';

const f = (...shape: number[]): Spec => ({ shape, dtype: 'float32' });
const weights: Specs = { w1: f(6, 16), b1: f(16), w2: f(16, 3), b2: f(3) };
const names = Object.keys(weights);
const prefixed = (prefix: string): Specs => Object.fromEntries(names.map((n) => [prefix + n, weights[n]!]));
const variables: Specs = { ...weights, ...prefixed('m/'), ...prefixed('v/'), ...prefixed('ema/') };
const batch: Specs = { x: f(8, 6), labels: { shape: [8], dtype: 'int32' } };

function loss(w: Tensors, i: Tensors): Tensor {
  const h = tf.relu(tf.matMul(i.x!, w.w1!).add(w.b1!));
  const logits = tf.matMul(h, w.w2!).add(w.b2!);
  return tf
    .logSoftmax(logits)
    .mul(tf.oneHot(i.labels as never, 3, 1, 0, 'float32'))
    .sum(-1)
    .mean()
    .neg();
}

const train = trace('train', variables, { ...batch, lr: f(), c1: f(), c2: f() }, (v, i) => {
  const { value, grads } = tf.valueAndGrads(
    (...w: Tensor[]) => loss(Object.fromEntries(names.map((n, j) => [n, w[j]!])), i) as never,
  )(names.map((n) => v[n]!));
  const assigns: Tensors = {};
  names.forEach((n, j) => {
    const m = v[`m/${n}`]!.mul(0.9).add(grads[j]!.mul(0.1));
    const s = v[`v/${n}`]!.mul(0.999).add(grads[j]!.square().mul(0.001));
    const next = v[n]!.mul(i.lr!.mul(-0.05).add(1)).sub(m.mul(i.lr!.div(i.c1!)).div(s.sqrt().div(i.c2!).add(1e-8)));
    Object.assign(assigns, {
      [n]: next,
      [`m/${n}`]: m,
      [`v/${n}`]: s,
      [`ema/${n}`]: v[`ema/${n}`]!.mul(0.5).add(next.mul(0.5)),
    });
  });
  return { outputs: { loss: value }, assigns };
});
const evaluate = trace('eval', weights, batch, (w, i) => ({ outputs: { loss: loss(w, i) } }));
const ema = (name: string) => `ema/${name}`;
const program = {
  calls: [
    { name: 'train', fn: train },
    { name: 'eval', fn: evaluate },
    { name: 'eval of the mean', fn: evaluate, bind: ema },
  ],
};

const next = random(5);
const start: Values = Object.fromEntries(
  Object.entries(variables).map(([n, { shape }]) => {
    const values = new Float32Array(sizeOf(shape));
    return [n, n.startsWith('w') ? values.map(() => next() - 0.5) : values];
  }),
);
const data: Values = {
  x: Float32Array.from({ length: 48 }, () => next() - 0.5),
  labels: Int32Array.from({ length: 8 }, (_, i) => i % 3),
};
const step = (t: number): Values => ({
  ...data,
  lr: Float32Array.of(0.01),
  c1: Float32Array.of(1 - 0.9 ** t),
  c2: Float32Array.of(Math.sqrt(1 - 0.999 ** t)),
});

interface Outcome {
  losses: number[];
  evaluated: number;
  mean: number;
  variables: Values;
  grown: number;
}

const outcomes = new Map<string, Promise<Outcome>>();
/** 3 steps and what they left behind, then 200 more calls counting tensors; once per engine. */
function outcome({ name, options }: (typeof variants)[number]): Promise<Outcome> {
  const run = () =>
    withExecutor(program, options, async (e): Promise<Outcome> => {
      await e.put(start);
      const losses: number[] = [];
      for (let t = 1; t <= 3; t++) losses.push((await e.call('train', step(t))).loss![0]!);
      const evaluated = (await e.call('eval', data)).loss![0]!;
      const mean = (await e.call('eval of the mean', data)).loss![0]!;
      const left = await e.get(Object.keys(variables));
      const before = e.tensorCount();
      for (let t = 4; t < 204; t++) await e.call(t % 4 === 0 ? 'eval' : 'train', t % 4 === 0 ? data : step(t));
      await e.get(names);
      await e.put(start);
      return { losses, evaluated, mean, variables: left, grown: e.tensorCount() - before };
    });
  const known = outcomes.get(name) ?? run();
  outcomes.set(name, known);
  return known;
}

const reference = variants.find((v) => v.name === 'tensorflow')!;

describe.each(variants)('a training step on $name', (variant) => {
  it('gives the losses and weights of the reference', async () => {
    const [got, want] = [await outcome(variant), await outcome(reference)];
    expect(want.losses[2]).toBeLessThan(want.losses[0]!);
    expect(relativeError(got.losses, want.losses)).toBeLessThan(1e-6);
    for (const n of Object.keys(variables))
      expect(relativeError(got.variables[n]!, want.variables[n]!)).toBeLessThan(1e-5);
  });
  it('evaluates on the weights that training left, and on others by binding', async () => {
    const [got, want] = [await outcome(variant), await outcome(reference)];
    expect(got.evaluated).toBeLessThan(got.losses[2]!);
    expect(got.mean).not.toBe(got.evaluated);
    expect(relativeError([got.evaluated, got.mean], [want.evaluated, want.mean])).toBeLessThan(1e-6);
  });
  it('keeps the number of tensors flat over 200 calls', async () => {
    expect((await outcome(variant)).grown).toBe(0);
  });
});

describe.each(variants)('the border of $name', ({ options }) => {
  it('checks what comes in, copies what it keeps, and says which name is at fault', async () => {
    const swap = trace('swap', { a: f(2), b: f(2) }, { x: f(2) }, (v, i) => ({
      outputs: { a: v.a! },
      assigns: { a: i.x!, b: v.a! },
    }));
    await withExecutor({ calls: [{ name: 'swap', fn: swap }] }, options, async (e) => {
      const a = Float32Array.of(1, 2);
      await e.put({ a, b: new Float32Array(2) });
      a.fill(9);
      const x = Float32Array.of(3, 4);
      expect(await e.call('swap', { x })).toEqual({ a: Float32Array.of(1, 2) });
      x.fill(9);
      expect(await e.get(['b', 'a'])).toEqual({ a: Float32Array.of(3, 4), b: Float32Array.of(1, 2) });
      await expect(e.put({ a: new Float32Array(3) })).rejects.toThrow('"a" has 3 values, expected 2 for float32[2]');
      await expect(e.put({ c: new Float32Array(2) })).rejects.toThrow('"c" has no place here');
      await expect(e.get(['c'])).rejects.toThrow('"c"');
      await expect(e.call('swap', {})).rejects.toThrow('"x" is missing');
      await expect(e.call('swap', { x: Int32Array.of(1, 2) })).rejects.toThrow('"x" is int32');
      await expect(e.call('other', {})).rejects.toThrow('no call other');
    });
  });
});

describe.each(variants)('memory on $name', ({ options }) => {
  it('a variable never keeps memory that the caller gave, whichever operation hands it on', async () => {
    const ways: Record<string, (x: Tensor) => Tensor> = {
      itself: (x) => x,
      reshape: (x) => x.reshape([2, 4]).reshape([4, 2]),
      'slice of the whole': (x) => x.slice([0, 0], [4, 2]),
      'transpose of nothing': (x) => x.transpose([0, 1]),
      'pad by nothing': (x) =>
        tf.engine().runKernel(
          'PadV2',
          { x },
          {
            paddings: [
              [0, 0],
              [0, 0],
            ] as never,
          },
        ),
      'tile once': (x) => x.tile([1, 1]),
      'sum over one': (x) => x.expandDims(0).sum(0),
      'mean over one': (x) => x.expandDims(0).mean(0),
    };
    const specs = Object.fromEntries(Object.keys(ways).map((k) => [k, f(4, 2)]));
    const fn = trace('keep', { ...specs, put: f(4, 2) }, { x: f(4, 2) }, (v, { x }) => ({
      outputs: { put: v.put! },
      assigns: Object.fromEntries(Object.entries(ways).map(([k, way]) => [k, way(x!)])),
    }));
    await withExecutor({ calls: [{ name: 'keep', fn }] }, options, async (e) => {
      await e.put(Object.fromEntries(Object.keys(ways).map((k) => [k, new Float32Array(8)])));
      const kept = Float32Array.from({ length: 8 }, (_, i) => i);
      // TensorFlow shares memory that lies on a multiple of 64 bytes: of these four places one does.
      const room = new ArrayBuffer(4096);
      for (const at of [0, 16, 32, 48]) {
        const x = new Float32Array(room, at, 8);
        x.set(kept);
        await e.put({ put: x });
        await e.call('keep', { x });
        x.fill(9);
        const read = await e.get(['put', ...Object.keys(ways)]);
        for (const [k, values] of Object.entries(read)) expect(values, `${k} at ${at}`).toEqual(kept);
      }
    });
  });
});

/** XLA takes an index outside as the nearest inside. */
const refusing = variants.filter((v) => v.name !== 'xla');

describe.each(refusing)('a failed call on $name', ({ options }) => {
  it('leaves no tensor behind', async () => {
    const index: Spec = { shape: [1], dtype: 'int32' };
    const fn = trace('pick', {}, { x: f(2), at: index }, (_, i) => ({
      outputs: { y: tf.gather(i.x!.exp(), i.at as never), z: i.x!.square() },
    }));
    await withExecutor({ calls: [{ name: 'pick', fn }] }, options, async (e) => {
      const x = Float32Array.of(1, 2);
      await e.call('pick', { x, at: Int32Array.of(1) });
      const before = e.tensorCount();
      await expect(e.call('pick', { x, at: Int32Array.of(7) })).rejects.toThrow();
      expect(e.tensorCount()).toBe(before);
    });
  });
});

describe('an engine that is not there', () => {
  it('is ENGINE_MISSING with the way to get it', async () => {
    const options = { engine: 'cpu', engineDir: '/nowhere' } as const;
    await expect(withExecutor(program, options, async () => undefined)).rejects.toMatchObject({
      code: 'ENGINE_MISSING',
      hint: 'unsmooth engines install cpu',
    });
  });
});
