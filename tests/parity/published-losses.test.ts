// The two published codes' losses against their own formulas in PyTorch, float64: values, and gradients by every tensor they take.
import type * as tfjs from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createExecutor, type Specs, trace, type Values } from '../../native-worker/engine/index.ts';
import { tf } from '../../native-worker/engine/tfjs.ts';
import { fullCosine, unitContrastive } from '../../native-worker/losses/diverse-vit.ts';
import { localContrastive, regionMixing } from '../../native-worker/losses/reference-code.ts';
import { linear } from '../../native-worker/models/vit.ts';
import { golden, relativeError } from './golden.ts';

type T = Record<string, tfjs.Tensor>;
const { values, shapes } = golden('../golden-variants/losses.safetensors');
const variables = ['embedded', 'first', 'last', 'weight', 'bias'];
const targets = ['own', 'partner', 'share'];
const specs = (names: readonly string[]): Specs =>
  Object.fromEntries(names.map((k) => [k, { shape: shapes[k] as number[], dtype: 'float32' }]));

const formulas: Record<string, (x: T, t: T) => tfjs.Tensor> = {
  reference_contrastive: (x) => localContrastive(x.embedded as tfjs.Tensor3D, x.last as tfjs.Tensor3D),
  reference_mixing: (x, t) =>
    regionMixing(
      x.last as tfjs.Tensor3D,
      { own: t.own as tfjs.Tensor2D, partner: t.partner as tfjs.Tensor2D, share: t.share as tfjs.Tensor2D },
      (pooled) => linear(pooled, x.weight!, x.bias!),
    ),
  diverse_cosine: (x) => fullCosine(x.last as tfjs.Tensor3D),
  diverse_contrastive: (x) => unitContrastive(x.first as tfjs.Tensor3D, x.last as tfjs.Tensor3D),
};

const fn = trace('losses', specs(variables), specs(targets), (x, t) => {
  const outputs: T = {};
  for (const [name, formula] of Object.entries(formulas)) {
    const total = (...given: tfjs.Tensor[]) =>
      formula(Object.fromEntries(variables.map((k, i) => [k, given[i] as tfjs.Tensor])), t) as tfjs.Scalar;
    const all = variables.map((k) => x[k] as tfjs.Tensor);
    const { value, grads } = tf.engine().gradients(() => total(...all), all, undefined, true);
    outputs[name] = value;
    variables.forEach((k, i) => {
      outputs[`${name}.grad.${k}`] = grads[i] ?? tf.zerosLike(all[i] as tfjs.Tensor);
    });
  }
  return { outputs };
});

describe.each([
  { engine: 'cpu', form: 'xla' },
  { engine: 'cpu', form: 'graph' },
  { engine: 'wasm', form: undefined },
] as const)('on $engine $form', (options) => {
  let out: Values;
  beforeAll(async () => {
    const executor = await createExecutor({ calls: [{ name: 'losses', fn }] }, options);
    try {
      const pick = (names: readonly string[]) => Object.fromEntries(names.map((k) => [k, values[k]!]));
      await executor.put(pick(variables));
      out = await executor.call('losses', pick(targets));
    } finally {
      executor.dispose();
    }
  });

  it.each(Object.keys(formulas))('%s', (name) => {
    expect(relativeError(out[name]!, values[name]!)).toBeLessThan(1e-5);
    for (const k of variables) {
      const want = values[`${name}.grad.${k}`];
      if (want) expect(relativeError(out[`${name}.grad.${k}`]!, want), k).toBeLessThan(1e-4);
      else
        expect(
          out[`${name}.grad.${k}`]!.every((v) => v === 0),
          k,
        ).toBe(true);
    }
  });
});

it('the contrastive loss of the reference code sends nothing into the embedding', () => {
  expect(values['reference_contrastive.grad.embedded']).toBeUndefined();
  expect(values['reference_contrastive.grad.last']!.some((v) => Math.abs(v) > 1e-4)).toBe(true);
});
