import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnsmoothError } from '../../../contract/errors.ts';
import { type Spec, trace } from '../../../native-worker/engine/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';

const f = (...shape: number[]): Spec => ({ shape, dtype: 'float32' });

function failure(run: () => unknown): UnsmoothError {
  try {
    run();
  } catch (e) {
    if (e instanceof UnsmoothError) return e;
    throw e;
  }
  throw new Error('did not fail');
}

/** `file:line` of the caller's line plus `offset`. */
function lineBelow(offset: number): string {
  const m = /trace\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)!;
  return `tests/unit/engine/trace.test.ts:${Number(m[1]) + offset}`;
}

describe('trace', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('keeps only what outputs and assigns need', () => {
    const fn = trace('f', { w: f(3) }, { x: f(3), unused: f(5) }, (v, i) => {
      tf.exp(i.unused!);
      return { outputs: { y: tf.mul(v.w!, i.x!) } };
    });
    expect(fn.nodes.map((n) => n.kernel)).toEqual(['Arg', 'Arg', 'Multiply']);
    expect(fn.outputs).toEqual({ y: 2 });
  });

  it('runs the gradients of tfjs', () => {
    const fn = trace('f', { w: f(3) }, {}, (v) => ({
      outputs: { g: tf.grad((w: Tensor) => tf.sum(tf.square(w)))(v.w!) },
    }));
    expect(fn.nodes[fn.outputs.g!]!.shape).toEqual([3]);
    expect(fn.nodes.some((n) => n.kernel === 'Multiply')).toBe(true);
  });

  it('a chain of operators reads as in tfjs', () => {
    const fn = trace('f', {}, { x: f(2, 3) }, (_, i) => ({ outputs: { y: i.x!.add(1).mul(2).sum() } }));
    expect(fn.nodes[fn.outputs.y!]!.shape).toEqual([]);
  });

  it('shares equal constants and stores no large one of a single value', () => {
    const fn = trace('f', {}, { x: f(400) }, (_, i) => ({
      outputs: {
        y: i
          .x!.mul(0.5)
          .add(tf.mul(i.x!, 0.5))
          .add(tf.zeros([400]))
          .add(tf.fill([400], 3)),
      },
    }));
    expect(fn.nodes.filter((n) => n.kernel === 'Const')).toEqual([]);
    expect(fn.nodes.filter((n) => n.kernel === 'Fill').map((n) => [n.shape, n.attrs.value])).toEqual([
      [[], 0.5],
      [[400], 0],
      [[400], 3],
    ]);
  });

  it('copies a constant: changing the array afterwards changes nothing', () => {
    const values = Float32Array.of(1, 2, 3);
    const fn = trace('f', {}, { x: f(3) }, (_, i) => ({ outputs: { y: i.x!.add(tf.tensor1d(values)) } }));
    values.fill(9);
    expect(Array.from(fn.nodes.find((n) => n.kernel === 'Const')!.values!)).toEqual([1, 2, 3]);
  });

  it('an output of truth values leaves as int32', () => {
    const fn = trace('f', {}, { x: f(3) }, (_, i) => ({ outputs: { y: i.x!.greater(0) } }));
    expect(fn.nodes[fn.outputs.y!]!.dtype).toBe('int32');
  });

  it('leaves the backend and the number of tensors as they were, also after an error', () => {
    const before = tf.memory();
    trace('f', { w: f(3) }, {}, (v) => ({ outputs: { y: tf.grad((w: Tensor) => w.square().sum())(v.w!) } }));
    expect(() =>
      trace('f', { w: f(3) }, {}, (v) => {
        tf.exp(v.w!);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });

  it('refuses a kernel without a row, naming it and the line that asked', () => {
    let line = '';
    const error = failure(() =>
      trace('f', {}, { x: f(3) }, (_, i) => {
        line = lineBelow(1);
        return { outputs: { y: tf.asinh(i.x!) } };
      }),
    );
    expect(error.code).toBe('KERNEL_UNSUPPORTED');
    expect(error.message).toContain('Asinh');
    expect(error.message).toContain(line);
  });

  it('refuses to read a value, naming the line', () => {
    let line = '';
    const error = failure(() =>
      trace('f', {}, { x: f(3) }, (_, i) => {
        line = lineBelow(1);
        return { outputs: { y: i.x!.mul(i.x!.dataSync()[0]!) } };
      }),
    );
    expect(error.code).toBe('TRACE_VALUE_READ');
    expect(error.message).toContain(line);
  });

  it('refuses a tensor that was made outside', () => {
    const outside = tf.tensor1d([1, 2, 3]);
    const error = failure(() => trace('f', {}, { x: f(3) }, (_, i) => ({ outputs: { y: i.x!.add(outside) } })));
    expect(error.code).toBe('TRACE_VALUE_READ');
    outside.dispose();
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['arithmetic on truth values', (x) => x.greater(0).mul(x.less(1)), 'Multiply of bool'],
    [
      'a sum over truth values left as they are',
      (x) => tf.engine().runKernel('Sum', { x: x.greater(0) }),
      'Sum of bool',
    ],
    ['exp of whole numbers', (x) => tf.exp(x.toInt()), 'Exp of int32'],
    ['a choice between two dtypes', (x) => tf.where(x.greater(0), x, x.toInt()), 'where of float32 and int32'],
    ['joining two dtypes', (x) => tf.concat([x, x.toInt()]), 'concat of float32 and int32'],
    ['joining what does not fit', (x) => tf.concat([x.reshape([3, 1]), x.reshape([1, 3])], 1), 'does not match'],
    [
      'a product whose inner sizes differ',
      (x) => tf.matMul(x.reshape([3, 1]), x.reshape([3, 1])),
      'inner sizes 1 and 3',
    ],
    ['shapes that do not broadcast', (x) => x.add(tf.ones([2])), 'could not be broadcast'],
  ])('refuses %s, before any engine sees it', (_, run, message) => {
    expect(() => trace('f', {}, { x: f(3) }, (_, i) => ({ outputs: { y: run(i.x!) } }))).toThrow(message);
  });

  it('refuses an assignment of another shape, or to no variable', () => {
    const assigned = (name: string) => () =>
      trace('f', { w: f(3) }, { x: f(2) }, (_, i) => ({ assigns: { [name]: i.x! } }));
    expect(failure(assigned('w')).message).toContain('float32[3]');
    expect(failure(assigned('v')).message).toContain('"v"');
  });
});
