// Checkpoints as other libraries write them (tests/fixtures/layouts, made by tests/peers/make_layouts.py) give those libraries' logits,
// opened as they are and converted; and weights are resized as timm resizes them.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type OpenModel, openModel, valuesOf } from '../../native-worker/checkpoint/open-model.ts';
import { adaptChannels, resamplePatches, resamplePositions } from '../../native-worker/checkpoint/resample.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import { convert } from '../../native-worker/jobs/convert.ts';
import type { VitConfig } from '../../native-worker/models/vit-config.ts';
import { forwardFunction } from '../../native-worker/training/forward.ts';
import { channelsLast, golden, relativeError } from './golden.ts';

const folder = fileURLToPath(new URL('../fixtures/layouts', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'layouts-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** File, whose logits it has, what it is called, and what must be said of it. */
const files: [file: string, expected: string, words: string, note: RegExp | null][] = [
  ['timm-vit.pth', 'timm-vit', 'timm vision_transformer', /took the weights "model" of model, model_ema/],
  [
    'timm-registers.safetensors',
    'timm-registers',
    'timm vision_transformer, positions of patches alone, LayerScale, 2 registers',
    /the 3 tokens/,
  ],
  [
    'timm-deit3.safetensors',
    'timm-deit3',
    'timm vision_transformer, positions of patches alone, LayerScale (DeiT-III)',
    null,
  ],
  [
    'facebook-deit3.pth',
    'timm-deit3',
    'timm vision_transformer, positions of patches alone, LayerScale (DeiT-III)',
    null,
  ],
  ['timm-deit-distilled.pth', 'timm-deit-distilled', 'timm vision_transformer, distilled (DeiT)', null],
  ['timm-fc-norm.safetensors', 'timm-fc-norm', 'timm vision_transformer, norm behind the pooling', null],
  ['timm-no-qkv-bias.safetensors', 'timm-no-qkv-bias', 'timm vision_transformer', /without bias: zeros here/],
  ['hf-vit', 'hf-vit', 'Hugging Face ViT', null],
  ['hf-vit-modules.bin', 'hf-vit', 'Hugging Face ViT', /epsilon is not said; 1e-12 assumed/],
  ['hf-deit', 'hf-deit', 'Hugging Face DeiT', /kept as a register/],
  ['hf-deit-distilled', 'hf-deit-distilled', 'Hugging Face DeiT, distilled', null],
  ['hf-vit-bare', 'hf-vit-bare', 'Hugging Face ViT', /left out: pooler\.dense\.bias/],
  ['torchvision.pth', 'torchvision', 'torchvision vit', null],
  ['torchvision-old.pth', 'torchvision', 'torchvision vit', null],
  ['google.npz', 'google', 'Google ViT (JAX)', null],
  ['google-big-vision.npz', 'google-big-vision', 'Google ViT (JAX, big_vision)', /1 other arrays left out/],
];

async function logitsOf(model: OpenModel, images: Float32Array): Promise<ArrayLike<number>> {
  const { config } = model;
  const fn = forwardFunction(config, 2, { labels: false, mixing: false, losses: null, tap: 'norm', grads: null });
  const executor = await createExecutor({ calls: [{ name: 'forward', fn }] }, { engine: 'cpu', form: 'graph' });
  try {
    await executor.put(valuesOf(model));
    const out = await executor.call('forward', { images: channelsLast(images, config.in_chans, config.img_size) });
    return out.logits as Float32Array;
  } finally {
    executor.dispose();
  }
}

const control = { ending: 'no' as const, paused: false, takeCheckpointRequest: () => false, wait: () => {} };

describe.each(files)('%s', (file, expected, words, note) => {
  const { images, logits } = golden(`../layouts/${expected}.expected.safetensors`).values;

  it(`is read as ${words}, with the logits of its own library`, async () => {
    const model = await openModel(path.join(folder, file), { heads: 4 });
    try {
      expect(model.layout).toBe(words);
      if (note) expect(model.notes.join('\n')).toMatch(note);
      expect(relativeError(await logitsOf(model, images as Float32Array), logits!)).toBeLessThan(1e-5);
    } finally {
      model.close();
    }
  });

  it('converted, is the same model in one file that says all of it', async () => {
    const out = path.join(scratch, `${file}.safetensors`);
    const given = { file: path.join(folder, file), out, heads: 4, img_size: null };
    const result = await convert({ type: 'convert', ...given }, { emit: () => {}, control });
    const [before, after] = [await openModel(given.file, { heads: 4 }), await openModel(out)];
    try {
      expect(after.config).toEqual(before.config);
      expect(result).toMatchObject({ type: 'convert', model: before.config });
      expect(after.notes).toEqual([]);
      for (const [name, tensor] of before.tensors) expect(after.tensors.get(name)?.read(), name).toEqual(tensor.read());
    } finally {
      before.close();
      after.close();
    }
  });
});

it('the average of a training program is another set of weights', async () => {
  const [model, average] = [
    await openModel(path.join(folder, 'timm-vit.pth'), { heads: 4 }),
    await openModel(path.join(folder, 'timm-vit.pth'), { heads: 4, weights: 'model_ema' }),
  ];
  const norms = [model, average].map((m) =>
    m.tensors
      .get('head.weight')!
      .read()
      .map((v) => v * 2),
  );
  expect(norms[1]).toEqual(norms[0]!.map((v) => v / 2));
  model.close();
  average.close();
});

it('classes of config.json, and a head behind pre_logits that is left out', async () => {
  const hf = await openModel(path.join(folder, 'hf-vit'));
  expect(hf.labels).toEqual(['class 0', 'class 1', 'class 2', 'class 3', 'class 4']);
  expect(hf.config).toMatchObject({ num_heads: 4, norm_eps: 1e-12, num_classes: 5 });
  hf.close();
  const google = await openModel(path.join(folder, 'google-pre-logits.npz'));
  expect([google.head, google.config.num_classes, google.config.num_heads]).toEqual(['none', 0, 4]);
  expect(google.notes.join('\n')).toContain('left out: head/kernel, head/bias, pre_logits/kernel, pre_logits/bias');
  google.close();
});

describe('resizing', () => {
  const { values } = golden('../layouts/resampling.safetensors');

  it.each([4, 10, 14, 16])("positions from 7 to %i, as timm's resample_abs_pos_embed", (to) => {
    const got = resamplePositions(values.positions as Float32Array, 2, 7, to, 8);
    expect(relativeError(got, values[`positions.${to}`]!)).toBeLessThan(1e-5);
  });
  it.each([4, 7, 12, 16])("patches from 8 to %i, as timm's resample_patch_embed", (to) => {
    const got = resamplePatches(values.patches as Float32Array, 8, to);
    expect(relativeError(got, values[`patches.${to}`]!)).toBeLessThan(1e-4);
  });
  it.each([1, 4])("3 channels to %i, as timm's adapt_input_conv", (channels) => {
    const config = { embed_dim: 6, in_chans: 3, patch_size: 8 } as VitConfig;
    const got = adaptChannels(values.patches as Float32Array, config, channels);
    expect(relativeError(got, values[`channels.${channels}`]!)).toBeLessThan(1e-6);
  });
});

it('the fixtures are all tried', () => {
  expect(files.every(([file]) => existsSync(path.join(folder, file)))).toBe(true);
});
