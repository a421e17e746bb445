// One small use of every kernel of the table, as a model would write it: shapes are checked while tracing, values on engines.
import type { Tensor } from '@tensorflow/tfjs-core';
import { dropoutMask } from '../../../native-worker/engine/dropout-mask.ts';
import { eigenvalues } from '../../../native-worker/engine/eigenvalues.ts';
import type { Spec, Tensors, Values } from '../../../native-worker/engine/index.ts';
import { sizeOf } from '../../../native-worker/engine/spec.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';

export interface KernelCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Spec & { readonly from: readonly [low: number, high: number] }>>;
  readonly run: (inputs: Tensors) => Tensor;
  /** Another shape of a case that is there: not worth compiling under XLA. */
  readonly shapeOnly?: boolean;
  /** Not for XLA. */
  readonly graphOnly?: boolean;
}

type Range = readonly [number, number];
const floats = (shape: number[], from: Range = [-2, 2]) => ({ shape, dtype: 'float32' as const, from });
const ints = (shape: number[], from: Range) => ({ shape, dtype: 'int32' as const, from });

const unary: readonly [name: string, op: (x: Tensor) => Tensor, from?: Range][] = [
  ['abs', tf.abs],
  ['neg', tf.neg],
  ['sign', tf.sign],
  ['square', tf.square],
  ['sqrt', tf.sqrt, [0.1, 4]],
  ['rsqrt', tf.rsqrt, [0.1, 4]],
  ['reciprocal', tf.reciprocal, [0.5, 3]],
  ['exp', tf.exp],
  ['expm1', tf.expm1],
  ['log', tf.log, [0.1, 4]],
  ['log1p', tf.log1p, [-0.5, 4]],
  ['erf', tf.erf],
  ['sin', tf.sin],
  ['cos', tf.cos],
  ['floor', tf.floor],
  ['tanh', tf.tanh],
  ['sigmoid', tf.sigmoid],
  ['softplus', tf.softplus],
  ['relu', tf.relu],
  ['step', (x) => tf.step(x)],
  ['step alpha', (x) => tf.step(x, 0.25)],
  ['clip', (x) => tf.clipByValue(x, -0.5, 0.75)],
  ['isNaN', (x) => tf.isNaN(tf.log(x))],
  ['isFinite', (x) => tf.isFinite(tf.log(tf.relu(x)))],
  ['clone', (x) => x.clone()],
  ['cast to int', (x) => x.toInt()],
  ['cast to bool', (x) => x.toInt().toBool()],
  ['softmax', (x) => tf.softmax(x)],
  ['logSoftmax', (x) => tf.logSoftmax(x)],
  ['zerosLike', (x) => x.add(tf.zerosLike(x))],
  ['onesLike', (x) => x.add(tf.onesLike(x))],
  ['mean of all', (x) => tf.mean(x)],
  ['cumprod', (x) => tf.cumprod(x, 1)],
];

const binary: readonly [name: string, op: (a: Tensor, b: Tensor) => Tensor, from?: Range][] = [
  ['add', tf.add],
  ['sub', tf.sub],
  ['mul', tf.mul],
  ['div', tf.div, [0.5, 3]],
  ['pow', tf.pow, [0.5, 3]],
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
  ['equal', (a, b) => tf.equal(tf.floor(a), tf.floor(b))],
  ['notEqual', (a, b) => tf.notEqual(tf.floor(a), tf.floor(b))],
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
  ['and', (a, b) => tf.logicalAnd(a.greater(0), b.greater(0))],
  ['or', (a, b) => tf.logicalOr(a.greater(0), b.greater(0))],
  ['where', (a, b) => tf.where(a.greater(b), a, b)],
];

const reductions: readonly [name: string, op: (x: Tensor, axis?: number | number[], keep?: boolean) => Tensor][] = [
  ['sum', tf.sum],
  ['mean', tf.mean],
  ['max', tf.max],
  ['min', tf.min],
  ['prod', (x, axis, keep) => tf.prod(x, axis as number, keep)],
  ['all', (x, axis, keep) => tf.all(x.greater(-1.9), axis, keep)],
  ['any', (x, axis, keep) => tf.any(x.greater(1.5), axis, keep)],
];

const named = (name: string, inputs: KernelCase['inputs'], run: KernelCase['run']): KernelCase => ({
  name,
  inputs,
  run,
});
const one = (name: string, shape: number[], op: (x: Tensor) => Tensor, from?: Range): KernelCase =>
  named(name, { x: floats(shape, from) }, ({ x }) => op(x!));

const shapesOfTwo = [
  [[2, 3, 4], [4]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [3, 4],
    [3, 4],
  ],
  [[], [2, 3]],
] as const;

export const kernelCases: readonly KernelCase[] = [
  ...unary.flatMap(([name, op, from]) => [
    one(`${name} [2,3,5]`, [2, 3, 5], op, from),
    { ...one(`${name} [4,7]`, [4, 7], op, from), shapeOnly: true },
  ]),
  ...binary.flatMap(([name, op, from]) =>
    shapesOfTwo.map(([a, b], i) => ({
      ...named(`${name} [${a}] [${b}]`, { a: floats([...a], from), b: floats([...b], from) }, (x) => op(x.a!, x.b!)),
      shapeOnly: i > 1,
    })),
  ),
  ...reductions.flatMap(([name, op]) => [
    one(`${name} all`, [3, 4], (x) => op(x)),
    one(`${name} last`, [2, 3, 5], (x) => op(x, -1)),
    one(`${name} kept`, [2, 3, 5], (x) => op(x, 1, true)),
    ...(name === 'prod' ? [] : [one(`${name} two axes`, [2, 3, 5], (x) => op(x, [0, 2]))]),
  ]),
  named('not', { x: floats([3, 4]) }, ({ x }) => tf.logicalNot(x!.greater(0))),
  named('mean of int', { x: ints([3, 4], [0, 9]) }, ({ x }) => tf.mean(x!, 0)),
  named('addN', { a: floats([3, 4]), b: floats([3, 4]) }, (i) => tf.addN([i.a!, i.b!, i.a!])),
  one('argMax', [3, 7], (x) => tf.argMax(x, -1)),
  one('argMin', [3, 7], (x) => tf.argMin(x, 0)),
  one('cumsum', [3, 4], (x) => tf.cumsum(x, 1)),
  one('cumsum exclusive reverse', [3, 4], (x) => tf.cumsum(x, 0, true, true)),
  one('reshape', [3, 4], (x) => tf.reshape(x, [2, -1])),
  one('reshape to itself', [3, 4], (x) => tf.reshape(x, [3, 4])),
  one('expandDims', [3, 4], (x) => tf.expandDims(x, -1)),
  one('transpose', [2, 3, 4], (x) => tf.transpose(x, [2, 0, 1])),
  one('transpose of five', [2, 3, 4, 5, 2], (x) => tf.transpose(x, [2, 0, 3, 1, 4])),
  one('transpose of six', [2, 3, 1, 4, 3, 2], (x) => tf.transpose(x, [5, 1, 3, 0, 4, 2])),
  one('transpose default', [2, 3, 4], (x) => tf.transpose(x)),
  one('slice', [4, 5, 6], (x) => tf.slice(x, [1, 2, 0], [2, -1, 3])),
  one('slice short', [4, 5], (x) => tf.slice(x, 1, 2)),
  named('concat', { a: floats([2, 3]), b: floats([2, 2]) }, (i) => tf.concat([i.a!, i.b!], -1)),
  one('split', [2, 6], (x) => tf.split(x, 3, 1)[1]!),
  one('split by size', [2, 6], (x) => tf.split(x, [1, 2, 3], 1)[2]!),
  one('unstack', [3, 4], (x) => tf.unstack(x, 1)[2]!),
  named('stack', { a: floats([2, 3]), b: floats([2, 3]) }, (i) => tf.stack([i.a!, i.b!], 1)),
  one('pad', [2, 3], (x) =>
    tf.pad(x, [
      [1, 0],
      [0, 2],
    ]),
  ),
  one('pad constant', [2, 3], (x) =>
    tf.pad(
      x,
      [
        [0, 1],
        [2, 0],
      ],
      1.5,
    ),
  ),
  one('pad of five', [2, 1, 3, 2, 2], (x) =>
    tf.pad(x, [
      [1, 0],
      [0, 0],
      [0, 2],
      [0, 0],
      [1, 1],
    ]),
  ),
  one('slice of five', [3, 2, 2, 3, 2], (x) => tf.slice(x, [1, 0, 1, 0, 0], [1, 2, 1, 3, 1])),
  one('tile', [2, 3], (x) => tf.tile(x, [2, 3])),
  one('broadcastTo', [3, 1], (x) => tf.broadcastTo(x, [2, 3, 4])),
  one('reverse', [3, 4], (x) => tf.reverse(x, 1)),
  named('oneHot', { x: ints([5], [0, 3]) }, ({ x }) => tf.oneHot(x!, 4)),
  named('oneHot smooth', { x: ints([2, 3], [0, 3]) }, ({ x }) => tf.oneHot(x!, 4, 0.9, 0.1, 'float32')),
  named('gather', { x: floats([6, 3]), i: ints([4], [0, 5]) }, ({ x, i }) => tf.gather(x!, i as never)),
  named('gather axis', { x: floats([2, 6, 3]), i: ints([4], [0, 5]) }, ({ x, i }) => tf.gather(x!, i as never, 1)),
  named('gather batch', { x: floats([2, 6]), i: ints([2, 3], [0, 5]) }, ({ x, i }) => tf.gather(x!, i as never, 1, 1)),
  named('segment sum', { x: floats([6, 3]), i: ints([6], [0, 3]) }, ({ x, i }) =>
    tf.unsortedSegmentSum(x!, i as never, 4),
  ),
  one('fill', [2, 3], (x) => x.add(tf.fill([2, 3], 0.5))),
  one('zeros and ones', [2, 3], (x) => x.mul(tf.ones([2, 3])).add(tf.zeros([2, 3]))),
  one('constant', [2, 3], (x) => x.add(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]))),
  one('range', [5], (x) => x.mul(tf.range(0, 5))),
  named('int arithmetic', { a: ints([3, 4], [-9, 9]), b: ints([4], [1, 9]) }, (i) =>
    tf.mul(tf.add(i.a!, i.b!), i.b!).sub(tf.sum(i.a!)),
  ),
  {
    ...one('eigenvalues', [2, 5, 4], (x) => eigenvalues(tf.matMul(x, x, true))),
    graphOnly: true,
  },
  named('dropout mask', { step: ints([], [0, 9]) }, ({ step }) =>
    dropoutMask([3, 5, 7], step!, { seed: 4294967291, site: 2, rate: 0.3 }),
  ),
  named('matMul', { a: floats([3, 4]), b: floats([4, 5]) }, (i) => tf.matMul(i.a!, i.b!)),
  named('matMul aT', { a: floats([4, 3]), b: floats([4, 5]) }, (i) => tf.matMul(i.a!, i.b!, true)),
  named('matMul bT', { a: floats([3, 4]), b: floats([5, 4]) }, (i) => tf.matMul(i.a!, i.b!, false, true)),
  named('matMul batch', { a: floats([2, 3, 4, 5]), b: floats([2, 3, 5, 6]) }, (i) => tf.matMul(i.a!, i.b!)),
  named('matMul batch bT', { a: floats([2, 3, 4, 5]), b: floats([2, 3, 6, 5]) }, (i) =>
    tf.matMul(i.a!, i.b!, false, true),
  ),
  named('matMul batch aT', { a: floats([2, 3, 5, 4]), b: floats([2, 3, 5, 6]) }, (i) => tf.matMul(i.a!, i.b!, true)),
  named('matMul broadcast', { a: floats([2, 3, 4, 5]), b: floats([1, 1, 5, 6]) }, (i) => tf.matMul(i.a!, i.b!)),
];

/** Numbers in [0, 1) that are the same in every run. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Values for specs with a range; integers include both ends. */
export function valuesFor(inputs: KernelCase['inputs'], seed: number): Values {
  const next = random(seed);
  return Object.fromEntries(
    Object.entries(inputs).map(
      ([
        name,
        {
          shape,
          dtype,
          from: [low, high],
        },
      ]) => {
        const draw = () =>
          dtype === 'int32' ? low + Math.floor(next() * (high - low + 1)) : low + next() * (high - low);
        const values = Array.from({ length: sizeOf(shape) }, draw);
        return [name, dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)];
      },
    ),
  );
}

/** Runs a case eagerly on the chosen tfjs backend; bool comes out as 0 and 1. */
export function eager(kernelCase: KernelCase, values: Values): { shape: number[]; dtype: string; values: number[] } {
  const result = tf.tidy(() => {
    const tensors = Object.entries(kernelCase.inputs).map(([name, { shape, dtype }]): [string, Tensor] => [
      name,
      tf.tensor(values[name]!, [...shape], dtype),
    ]);
    return tf.keep(kernelCase.run(Object.fromEntries(tensors)));
  });
  const { shape, dtype } = result;
  const data = Array.from(result.dataSync());
  result.dispose();
  return { shape, dtype, values: data };
}
