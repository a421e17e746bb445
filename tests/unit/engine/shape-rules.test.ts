import { beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../../native-worker/engine/index.ts';
import { kernelRows } from '../../../native-worker/engine/kernels/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';
import { eager, kernelCases, valuesFor } from './kernel-cases.ts';

const traced = kernelCases.map((c) => ({
  kernelCase: c,
  fn: trace(c.name, {}, c.inputs, (_, inputs) => ({ outputs: { y: c.run(inputs) } })),
}));

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('shape rules', () => {
  it.each(traced)('$kernelCase.name has the shape and dtype that eager tfjs gives', ({ kernelCase, fn }) => {
    const node = fn.nodes[fn.outputs.y!]!;
    const want = eager(kernelCase, valuesFor(kernelCase.inputs, 3));
    expect(node.shape).toEqual(want.shape);
    expect(node.dtype).toBe(want.dtype === 'bool' ? 'int32' : want.dtype);
  });

  it('every row of the table is used by a case', () => {
    const used = new Set(traced.flatMap(({ fn }) => fn.nodes.map((n) => n.kernel)));
    expect([...kernelRows.keys()].filter((k) => !used.has(k))).toEqual([]);
  });
});
