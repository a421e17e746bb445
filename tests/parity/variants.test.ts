// timm's variants of the ViT against timm in float64 (tests/fixtures/golden-variants): every layer's tokens, logits, gradients.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import { sincosPositions, type VitConfig, vitParameters } from '../../native-worker/models/vit-config.ts';
import { isDecayed } from '../../native-worker/optim/adamw.ts';
import { layerScale } from '../../native-worker/optim/layer-decay.ts';
import { forwardFunction } from '../../native-worker/training/forward.ts';
import { channelsLast, golden, goldenPath, relativeError } from './golden.ts';
import { expectGradients } from './golden-forward.ts';

const variants = ['registers', 'distilled', 'pooled', 'talking'] as const;
const engines = [
  { engine: 'cpu', form: 'graph' },
  { engine: 'wasm', form: undefined },
] as const;
const fileOf = (name: string) => `../golden-variants/vit-${name}.safetensors`;
const modelOf = (name: string): VitConfig => JSON.parse(golden(fileOf(name), 'none').metadata.model as string);

describe.each(variants)('%s', (name) => {
  const model = modelOf(name);

  it('has the names and shapes that timm has', () => {
    const file = readSafetensors(goldenPath(fileOf(name)));
    const found = [...file.tensors].filter(([k]) => k.startsWith('weights.'));
    file.close();
    const shapes = Object.fromEntries(found.map(([k, t]) => [k.slice('weights.'.length), [...t.shape]]));
    expect(shapes).toEqual(vitParameters(model));
  });

  it.each(engines)('gives logits, tokens and gradients on $engine', async ({ engine, form }) => {
    const { values } = golden(fileOf(name));
    const weights = golden(fileOf(name), 'weights.').values;
    const fn = forwardFunction(model, 3, {
      labels: true,
      mixing: false,
      losses: null,
      tap: 'norm',
      grads: [1, 0, 0, 0],
    });
    const executor = await createExecutor({ calls: [{ name: 'forward', fn }] }, { engine, form });
    try {
      await executor.put(weights);
      const images = channelsLast(values.images!, model.in_chans, model.img_size);
      const out = await executor.call('forward', { images, labels: values.labels! });
      for (const k of ['logits', 'loss_ce', 'tokens.norm', 'tokens.0', 'tokens.1', 'tokens.2'])
        expect(relativeError(out[k]!, values[k]!), k).toBeLessThan(1e-5);
      expectGradients(out, values, 'grad.');
    } finally {
      executor.dispose();
    }
  });
});

const layers = JSON.parse(readFileSync(goldenPath('../golden-variants/layers.json'), 'utf8'));

it.each(variants)('%s: learning rates by layer and decayed parameters as timm groups them', (name) => {
  const model = modelOf(name);
  const want = layers.groups[name] as Record<string, [scale: number, decay: number]>;
  const trained = Object.entries(vitParameters(model)).filter(([k]) => !(name === 'pooled' && k === 'pos_embed'));
  expect(Object.keys(want).sort()).toEqual(trained.map(([k]) => k).sort());
  for (const [k, shape] of trained)
    expect([layerScale(k, model.depth, layers.layer_decay), isDecayed(k, shape) ? 0.05 : 0], k).toEqual(want[k]);
});

it("fixed positions are MAE's, nothing for the tokens before the patches", () => {
  const { grid, dim, prefix, values } = layers.sincos;
  const model: VitConfig = { ...modelOf('pooled'), img_size: grid * 2, embed_dim: dim, reg_tokens: prefix - 1 };
  expect(relativeError(sincosPositions(model), values.flat())).toBeLessThan(1e-6);
});
