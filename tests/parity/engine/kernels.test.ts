// Every kernel of the table on every engine against eager tfjs. All cases are one program, so that it compiles in seconds.
import { beforeAll, describe, expect, it } from 'vitest';
import { jacobiEigenvalues } from '../../../native-worker/engine/eigenvalues.ts';
import { type createExecutor, type Tensors, trace, type Values } from '../../../native-worker/engine/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { eager, kernelCases, valuesFor } from '../../unit/engine/kernel-cases.ts';
import { kernelError, variants, withExecutor } from './engines.ts';

const cases = kernelCases.map((c, i) => ({ ...c, id: String(i), values: valuesFor(c.inputs, 7 * i + 1) }));
type Case = (typeof cases)[number];

function joined<T>(list: readonly Case[], of: (c: Case) => Record<string, T>): Record<string, T> {
  return Object.fromEntries(list.flatMap((c) => Object.entries(of(c)).map(([name, v]) => [`${c.id}/${name}`, v])));
}

/** Runs all given cases as one function. */
async function run(list: readonly Case[], options: Parameters<typeof createExecutor>[1]): Promise<Values> {
  const specs = joined(list, (c) => c.inputs);
  const fn = trace('all', {}, specs, (_, inputs) => ({
    outputs: Object.fromEntries(
      list.map((c) => {
        const own: Tensors = Object.fromEntries(Object.keys(c.inputs).map((n) => [n, inputs[`${c.id}/${n}`]!]));
        return [c.id, c.run(own)];
      }),
    ),
  }));
  const values = joined(list, (c) => c.values);
  return withExecutor({ calls: [{ name: 'all', fn }] }, options, (e) => e.call('all', values));
}

describe.each(variants)('kernels on $name', ({ name, options }) => {
  const own = cases.filter((c) => name !== 'xla' || !(c.graphOnly || c.shapeOnly));
  let got: Values;
  const want = new Map<string, number[]>();
  beforeAll(async () => {
    await tf.setBackend('cpu');
    for (const c of own) want.set(c.id, eager(c, c.values).values);
    got = await run(own, options);
  });

  it.each(own)('$name', (c) => {
    expect(kernelError(got[c.id]!, want.get(c.id)!)).toBeLessThan(2e-6);
  });
});

describe('matrix products in bfloat16', () => {
  it.each(['xla', 'graph'] as const)('%s: operands rounded to 8 bits, sums in float32', async (form) => {
    const products = cases.filter((c) => c.name.startsWith('matMul'));
    const got = await run(products, { engine: 'cpu', form, matmul: 'bf16' });
    await tf.setBackend('cpu');
    for (const c of products) {
      const error = kernelError(got[c.id]!, eager(c, c.values).values);
      expect(error).toBeGreaterThan(1e-5);
      expect(error).toBeLessThan(2e-2);
    }
  });
});

describe('eigenvalues', () => {
  const own = cases.filter((c) => c.graphOnly);
  it('are refused under XLA, with the way out', async () => {
    await expect(run(own, { engine: 'cpu', form: 'xla' })).rejects.toMatchObject({
      code: 'KERNEL_UNSUPPORTED',
      hint: expect.stringContaining("'graph'"),
    });
  });
  it('of a known matrix are known', () => {
    const [low, high] = jacobiEigenvalues(Float64Array.of(2, 1, 1, 2), 2);
    expect(low).toBeCloseTo(1, 12);
    expect(high).toBeCloseTo(3, 12);
  });
});
