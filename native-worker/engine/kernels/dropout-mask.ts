// The row of dropout masks, a kernel of our own: factors drawn inside the graph by Philox4x32-10, the same bits on every engine.
import { keyedRandom, streams } from '../../../core/random.ts';
import { type Attribute, int, type } from '../emit/attribute.ts';
import { sizeOf } from '../spec.ts';
import type { Attrs, Emitter, KernelRow } from './row.ts';

export const dropoutMaskKernel = 'DropoutMask';

/** Attributes of a mask beside its shape: `seed` and `site` unsigned 32 bit, `rate` the share that is dropped. */
export interface MaskAttrs {
  readonly seed: number;
  readonly site: number;
  readonly rate: number;
}
const attrsOf = (a: Attrs): MaskAttrs => ({ seed: Number(a.seed), site: Number(a.site), rate: Number(a.rate) });

/** What is drawn is taken as a signed number; below this it is dropped. */
const threshold = (rate: number): number => Math.round(rate * 2 ** 32) - 2 ** 31;
const kept = (rate: number): number => Math.fround(1 / (1 - rate));

/** The mask as computed on the host: element k is draw k of keyedRandom(seed, dropout, step, site). */
export function hostMask(shape: readonly number[], attrs: Attrs, step: number): Float32Array {
  const { seed, site, rate } = attrsOf(attrs);
  const random = keyedRandom(seed, streams.dropout, step, site);
  const [bound, factor] = [threshold(rate), kept(rate)];
  return Float32Array.from({ length: sizeOf(shape) }, () => ((random.uint32() | 0) < bound ? 0 : factor));
}

/** TensorFlow's number for Philox (StatelessRandomUniformFullIntV2's `alg`). */
const philox = 1;

function uint64(e: Emitter, shape: readonly number[], words: readonly [low: number, high: number]): string {
  const value: Attribute = { kind: 'tensor', dtype: 'uint64', shape, values: Int32Array.from(words, (w) => w | 0) };
  return e.op('Const', 'output', [], { dtype: type('uint64'), value });
}

export const dropoutMaskRow: KernelRow = {
  kernel: dropoutMaskKernel,
  inputs: ['step'],
  shape: ({ step }, attrs) => {
    if (step!.dtype !== 'int32' || step!.shape.length > 0)
      throw new Error(`a dropout mask of step ${step!.dtype}[${step!.shape}]: only of an int32 scalar`);
    return {
      inputs: [step!],
      shape: attrs.shape as number[],
      dtype: 'float32',
      attrs: { ...attrsOf(attrs), shape: attrs.shape },
    };
  },
  emit: (node, e) => {
    const { seed, site, rate } = attrsOf(node.attrs);
    const key = uint64(e, [1], [seed, streams.dropout]);
    const step = e.op('Cast', 'y', node.refs, { SrcT: type('int32'), DstT: type('uint64') });
    const upper = e.op('AddV2', 'z', [step, uint64(e, [], [0, site])], { T: type('uint64') });
    const counter = e.op('Pack', 'output', [uint64(e, [], [0, 0]), upper], {
      T: type('uint64'),
      N: int(2),
      axis: int(0),
    });
    const inputs = [e.int32(node.shape), key, counter, e.int32([philox], [])];
    const bits = e.op('StatelessRandomUniformFullIntV2', 'output', inputs, {
      dtype: type('int32'),
      Tshape: type('int32'),
    });
    const bound = e.int32([threshold(rate)], []);
    const dropped = e.op('Less', 'z', [bits, bound], { T: type('int32') });
    const scalar = (v: number) => e.constant('float32', [], Float32Array.of(v));
    return e.op('SelectV2', 'output', [dropped, scalar(0), scalar(kept(rate))], { T: type('float32') });
  },
};
