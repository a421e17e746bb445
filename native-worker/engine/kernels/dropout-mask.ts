// The row of dropout masks, a kernel of our own: factors drawn inside the graph by an integer hash of (seed, site, step, place), the same
// bits on every engine. TensorFlow's own Philox costs XLA more than the step it is for.
import { keyedRandom, streams } from '../../../core/random.ts';
import { type Attribute, type } from '../emit/attribute.ts';
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

/** A draw below this is dropped. */
const threshold = (rate: number): number => Math.round(rate * 2 ** 32);
const kept = (rate: number): number => Math.fround(1 / (1 - rate));

/** triple32, a bijection of 32 bits (C. Wellons, hash-prospector): x ^= x >>> shift and x *= factor in turn, a last shift. */
const rounds = [
  [17, 0xed5ad4bb],
  [11, 0xac4c1b51],
  [15, 0x31848bab],
] as const;
const lastShift = 14;

function mixed(x: number): number {
  let h = x;
  for (const [shift, factor] of rounds) h = Math.imul(h ^ (h >>> shift), factor) >>> 0;
  return (h ^ (h >>> lastShift)) >>> 0;
}

/** Four words of a site: two that step by step become its keys, by `mixed(mixed(step + a) ^ b)`. */
function siteWords({ seed, site }: MaskAttrs): [number, number, number, number] {
  const random = keyedRandom(seed, streams.dropout, site, 0);
  return [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
}

/** The mask as computed on the host: element k is dropped where mixed(mixed(k + key 1) ^ key 2) < rate 2^32. */
export function hostMask(shape: readonly number[], attrs: Attrs, step: number): Float32Array {
  const asked = attrsOf(attrs);
  const [a, b, c, d] = siteWords(asked);
  const keyOf = (p: number, q: number) => mixed((mixed((step + p) >>> 0) ^ q) >>> 0);
  const [first, second] = [keyOf(a, b), keyOf(c, d)];
  const [bound, factor] = [threshold(asked.rate), kept(asked.rate)];
  return Float32Array.from({ length: sizeOf(shape) }, (_, k) =>
    mixed((mixed((k + first) >>> 0) ^ second) >>> 0) < bound ? 0 : factor,
  );
}

/** The same in operations on uint32. */
class Words {
  readonly #e: Emitter;
  readonly #T = { T: type('uint32') };

  constructor(e: Emitter) {
    this.#e = e;
  }
  word(value: number): string {
    const tensor: Attribute = { kind: 'tensor', dtype: 'uint32', shape: [], values: Int32Array.of(value | 0) };
    return this.#e.op('Const', 'output', [], { dtype: type('uint32'), value: tensor });
  }
  of(int32: string): string {
    return this.#e.op('Cast', 'y', [int32], { SrcT: type('int32'), DstT: type('uint32') });
  }
  plus = (x: string, y: string): string => this.#e.op('AddV2', 'z', [x, y], this.#T);
  xor = (x: string, y: string): string => this.#e.op('BitwiseXor', 'z', [x, y], this.#T);
  below = (x: string, y: string): string => this.#e.op('Less', 'z', [x, y], this.#T);
  mixed(x: string): string {
    const folded = (h: string, shift: number) =>
      this.xor(h, this.#e.op('RightShift', 'z', [h, this.word(shift)], this.#T));
    let h = x;
    for (const [shift, factor] of rounds) h = this.#e.op('Mul', 'z', [folded(h, shift), this.word(factor)], this.#T);
    return folded(h, lastShift);
  }
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
    const asked = attrsOf(node.attrs);
    const words = new Words(e);
    const step = words.of(node.refs[0]!);
    const keyOf = (p: number, q: number) =>
      words.mixed(words.xor(words.mixed(words.plus(step, words.word(p))), words.word(q)));
    const [a, b, c, d] = siteWords(asked);
    const bounds = [0, sizeOf(node.shape), 1].map((v) => e.int32([v], []));
    const places = words.of(e.op('Range', 'output', bounds, { Tidx: type('int32') }));
    const drawn = words.mixed(words.xor(words.mixed(words.plus(places, keyOf(a, b))), keyOf(c, d)));
    const dropped = words.below(drawn, words.word(threshold(asked.rate)));
    const scalar = (v: number) => e.constant('float32', [], Float32Array.of(v));
    const factors = e.op('SelectV2', 'output', [dropped, scalar(0), scalar(kept(asked.rate))], { T: type('float32') });
    return e.op('Reshape', 'output', [factors, e.int32(node.shape)], { T: type('float32'), Tshape: type('int32') });
  },
};
