import { describe, expect, test } from 'vitest';
import { keyedRandom, permutation, philox, type Random, streams } from '../../core/random.ts';

const draw = (n: number, f: (r: Random) => number) => {
  const r = keyedRandom(7, streams.init, 0, 0);
  return Float64Array.from({ length: n }, () => f(r));
};
const mean = (xs: Float64Array) => xs.reduce((a, b) => a + b, 0) / xs.length;
const variance = (xs: Float64Array) => {
  const m = mean(xs);
  return mean(xs.map((x) => (x - m) ** 2));
};

describe('Philox4x32-10', () => {
  // Random123's kat_vectors: counter, key, output
  test.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('known answer for counter %s', (counter, key, expected) => {
    const words = (s: string) => Uint32Array.from(s.split(' '), (w) => Number.parseInt(w, 16));
    const out = new Uint32Array(4);
    philox(words(counter), words(key), out);
    expect(out).toEqual(words(expected));
  });
});

describe('keyedRandom', () => {
  test('the same key gives the same draws, any other coordinate others', () => {
    const first = (...key: [number, number, number, number]) => {
      const r = keyedRandom(...key);
      return [r.uint32(), r.uint32(), r.uint32(), r.uint32(), r.uint32()];
    };
    const base = first(1, 2, 3, 4);
    expect(first(1, 2, 3, 4)).toEqual(base);
    for (const other of [first(0, 2, 3, 4), first(1, 0, 3, 4), first(1, 2, 0, 4), first(1, 2, 3, 0)])
      expect(other).not.toEqual(base);
    expect(new Set(base).size).toBe(5);
  });

  test('stream numbers are distinct', () => {
    expect(new Set(Object.values(streams)).size).toBe(Object.keys(streams).length);
  });

  test('uniform, normal, beta and bernoulli have their moments', () => {
    const n = 40_000;
    const u = draw(n, (r) => r.uniform());
    expect(u.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(mean(u)).toBeCloseTo(0.5, 2);
    expect(variance(u)).toBeCloseTo(1 / 12, 2);
    const z = draw(n, (r) => r.normal());
    expect(z.every(Number.isFinite)).toBe(true);
    expect(Math.abs(mean(z))).toBeLessThan(0.02);
    expect(Math.abs(variance(z) - 1)).toBeLessThan(0.03);
    const b = draw(n, (r) => r.beta(2, 5));
    expect(mean(b)).toBeCloseTo(2 / 7, 2);
    expect(variance(b)).toBeCloseTo(10 / (49 * 8), 2);
    const small = draw(n, (r) => r.beta(0.8, 0.8));
    expect(mean(small)).toBeCloseTo(0.5, 2);
    expect(variance(small)).toBeCloseTo(0.64 / (2.56 * 2.6), 2);
    expect(mean(draw(n, (r) => (r.bernoulli(0.3) ? 1 : 0)))).toBeCloseTo(0.3, 2);
  });

  test('beta is uniform by default', () => {
    expect(draw(9, (r) => r.beta())).toEqual(draw(9, (r) => r.uniform()));
  });

  test('int covers its range and no more', () => {
    const counts = new Array<number>(7).fill(0);
    for (const x of draw(7000, (r) => r.int(7))) counts[x]!++;
    expect(counts).toHaveLength(7);
    for (const c of counts) expect(Math.abs(c - 1000)).toBeLessThan(150);
  });
});

describe('permutation', () => {
  test('holds every index once, in an order of its own per key', () => {
    const order = permutation(1000, keyedRandom(0, streams.shuffle, 0, 0));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).not.toEqual(permutation(1000, keyedRandom(0, streams.shuffle, 1, 0)));
    expect([...order].filter((x, i) => x === i).length).toBeLessThan(10);
  });

  test('of three, every order is equally likely', () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = permutation(3, keyedRandom(3, streams.shuffle, i, 0)).join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const c of seen.values()) expect(Math.abs(c - 1000)).toBeLessThan(150);
  });
});
