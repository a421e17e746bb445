// Randomness keyed by what it is for: Philox4x32-10 (Salmon et al. 2011, Random123), so any draw can be repeated from four numbers.
// Knows nothing of batches or models: a caller names its stream and its two coordinates (step, sample; epoch; layer).

/** One number per purpose, so that two purposes never share a draw. Append only: renumbering changes what a seed means. */
export const streams = { init: 0, shuffle: 1, augment: 2, mix: 3, dropPath: 4, dropout: 5, holdOut: 6 } as const;

export interface Random {
  /** 32 uniform bits. */
  uint32(): number;
  /** [0, 1) with 32 bits. */
  uniform(): number;
  /** 0 … n-1, unbiased; 1 <= n <= 2^32. */
  int(n: number): number;
  /** Mean 0, variance 1 (Box and Muller 1958). */
  normal(): number;
  /** Beta(a, b); a = b = 1 by default, the uniform distribution. */
  beta(a?: number, b?: number): number;
  /** True with probability p. */
  bernoulli(p: number): boolean;
}

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
const high = (a: number, b: number): number => {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const low = (middle & 0xffff) + (Math.imul(a0, b1) >>> 0);
  return (Math.imul(a1, b1) + (middle >>> 16) + (low >>> 16)) >>> 0;
};

/** Philox4x32-10: `out` (4 words) from the counter (4 words) and the key (2 words); all unsigned 32 bit. */
export function philox(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < 10; round++) {
    const hi0 = high(0xd2511f53, c0);
    const hi1 = high(0xcd9e8d57, c2);
    const lo0 = Math.imul(0xd2511f53, c0);
    const lo1 = Math.imul(0xcd9e8d57, c2);
    c0 = (hi1 ^ c1 ^ k0) >>> 0;
    c1 = lo1 >>> 0;
    c2 = (hi0 ^ c3 ^ k1) >>> 0;
    c3 = lo0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** A generator whose n-th draw depends on (seed, stream, a, b, n) alone; all four are taken as unsigned 32 bit. */
export function keyedRandom(seed: number, stream: number, a: number, b: number): Random {
  const key = Uint32Array.of(seed, stream);
  const counter = Uint32Array.of(0, 0, a, b);
  const block = new Uint32Array(4);
  let used = 4;
  let spare: number | undefined;

  const uint32 = () => {
    if (used === 4) {
      philox(counter, key, block);
      counter[0]!++;
      if (counter[0] === 0) counter[1]!++;
      used = 0;
    }
    return block[used++]!;
  };
  const uniform = () => uint32() / 2 ** 32;
  const int = (n: number) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let x = uint32();
    while (x >= limit) x = uint32();
    return x % n;
  };
  const normal = () => {
    if (spare !== undefined) {
      const z = spare;
      spare = undefined;
      return z;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  /** Gamma(shape, 1): Marsaglia and Tsang 2000; below 1 by their boost. */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * (1 - uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const beta = (a = 1, b = 1) => {
    if (a === 1 && b === 1) return uniform();
    const x = gamma(a);
    return x / (x + gamma(b));
  };
  return { uint32, uniform, int, normal, beta, bernoulli: (p) => uniform() < p };
}

/** A uniformly random order of 0 … n-1 (Fisher and Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
