// What a model is called elsewhere, and what is known of its classes. The files themselves are tested with real workers.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classNamesOf } from '../../main/checkpoints/class-names.ts';
import type { ModelTensor } from '../../native-worker/checkpoint/layouts/origin.ts';
import { checkHubModel, hubConfig, hubPreprocessor, hubTensors } from '../../native-worker/export/hugging-face.ts';
import type { ExportedModel } from '../../native-worker/export/model.ts';
import { decodeModel } from '../../native-worker/export/onnx/schema.ts';
import { vitGraph } from '../../native-worker/export/onnx/vit.ts';
import { onnxFile } from '../../native-worker/export/onnx/write.ts';
import { timmCall, timmMetadata } from '../../native-worker/export/timm.ts';
import { type VitConfig, vitParameters } from '../../native-worker/models/vit-config.ts';
import { refusedWith } from './export.fixtures.ts';
import { tinyRun } from './run-folder.fixtures.ts';

const config: VitConfig = {
  img_size: 8,
  patch_size: 4,
  in_chans: 1,
  num_classes: 2,
  embed_dim: 4,
  depth: 1,
  num_heads: 2,
  mlp_ratio: 2,
};

/** Weights that count from 0 in each tensor. */
function modelOf(c: VitConfig, more: Partial<ExportedModel> = {}): ExportedModel {
  const tensors = Object.entries(vitParameters(c)).map(([name, shape]): [string, ModelTensor] => {
    const read = () => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    return [name, { shape, dtype: 'BF16', read, chunks: () => expect.fail('half precision is widened whole') }];
  });
  return { config: c, tensors: new Map(tensors), normalisation: null, labels: null, ...more };
}

describe('timm', () => {
  test('the call says everything; what JSON cannot hold stands in the line of Python', () => {
    const { name, args, python } = timmCall({ ...config, norm_eps: 1e-12, reg_tokens: 4 });
    expect({ name, args }).toMatchObject({ name: 'vit_base_patch16_224', args: { reg_tokens: 4, fc_norm: false } });
    expect(python).toMatch(
      /^timm\.create_model\('vit_base_patch16_224', img_size=8, .*norm_layer=functools\.partial\(torch\.nn\.LayerNorm, eps=1e-12\)\)$/,
    );
    expect(timmCall(config).python).not.toContain('norm_layer');
  });

  test('mean, std and names of classes go along where they are known', () => {
    const known = { normalisation: { mean: [0.1], std: [0.2] }, labels: ['cat', 'dog'] };
    const said = timmMetadata(modelOf(config, known), timmCall(config), 'pets');
    expect(JSON.parse(said.data ?? '')).toEqual({ dataset: 'pets', classes: 2, mean: [0.1], std: [0.2] });
    expect(JSON.parse(said.timm ?? '').pretrained_cfg).toMatchObject({ mean: [0.1], label_names: ['cat', 'dog'] });
    expect(timmMetadata(modelOf(config), timmCall(config), '')).not.toHaveProperty('data');
  });
});

describe('hugging-face', () => {
  test('query, key and value are the three parts of qkv', () => {
    const tensors = hubTensors(modelOf(config));
    const values = (name: string) => {
      const { shape = [], chunks = () => [] } = tensors.get(`vit.encoder.layer.0.attention.attention.${name}`) ?? {};
      const [piece = new Uint8Array()] = chunks();
      return { shape, values: [...new Float32Array(Uint8Array.from(piece).buffer)] };
    };
    expect(values('query.bias')).toEqual({ shape: [4], values: [0, 1, 2, 3] });
    expect(values('value.bias')).toEqual({ shape: [4], values: [8, 9, 10, 11] });
    expect(values('key.weight')).toEqual({ shape: [4, 4], values: Array.from({ length: 16 }, (_, i) => 16 + i) });
    expect([...tensors.keys()].filter((name) => /undefined|qkv|blocks/.test(name))).toEqual([]);
  });

  test('classes have their names, or the ones that transformers gives', () => {
    expect(hubConfig(modelOf(config, { labels: ['cat', 'dog'] }))).toMatchObject({
      id2label: { 0: 'cat', 1: 'dog' },
      label2id: { cat: 0, dog: 1 },
    });
    expect(hubConfig(modelOf(config))).toMatchObject({ id2label: { 1: 'LABEL_1' }, layer_norm_eps: 1e-6 });
    expect(hubPreprocessor(modelOf(config))).toMatchObject({ image_mean: [0.5], size: { height: 8, width: 8 } });
  });

  test.each<[string, Partial<VitConfig>]>([
    ['reg_tokens', { reg_tokens: 2 }],
    ['reg_tokens', { reg_tokens: 1, distilled: true }],
    ['talking_heads', { talking_heads: true }],
    ['init_values', { init_values: 1e-5 }],
    ['global_pool', { global_pool: 'avg' }],
    ['fc_norm', { fc_norm: true }],
    ['num_classes', { num_classes: 0 }],
  ])('%s of %j is refused', (field, more) => {
    const error = refusedWith('USAGE', () => checkHubModel({ ...config, ...more }));
    expect(error.problems.map((p) => p.where)).toEqual([field]);
  });
});

describe('onnx', () => {
  test('half precision is written as float32; without classes the output is what a head would see', () => {
    const { bytes, pieces } = onnxFile(modelOf({ ...config, num_classes: 0 }));
    const file = Buffer.concat([...pieces]);
    expect(file.length).toBe(bytes);
    const { graph } = decodeModel(file);
    expect(graph?.output[0]).toMatchObject({
      name: 'features',
      type: { tensorType: { shape: { dim: [{}, { dimValue: 4 }] } } },
    });
    const norm = graph?.initializer.find((t) => t.name === 'norm.bias');
    expect([...new Float32Array(Uint8Array.from(norm?.rawData ?? []).buffer)]).toEqual([0, 1, 2, 3]);
  });

  test('every value has one name, and is there before it is used', () => {
    const everything = { ...config, distilled: true, reg_tokens: 1, talking_heads: true, init_values: 1e-5 };
    const { nodes, constants } = vitGraph(everything, 'logits');
    const known = new Set(['images', ...Object.keys(vitParameters(everything)), ...constants.map((c) => c.name)]);
    const used = new Set<string>();
    for (const { input, output } of nodes) {
      for (const name of input) expect(known).toContain(used.add(name) && name);
      for (const name of output) expect(known.has(name) || !known.add(name), name).toBe(false);
    }
    expect(Object.keys(vitParameters(everything)).filter((name) => !used.has(name))).toEqual([]);
  });

  test('a file above 2 GiB is refused before anything is read', () => {
    const huge = modelOf({ ...config, embed_dim: 4096, num_heads: 32, depth: 4, mlp_ratio: 4 });
    const error = refusedWith('USAGE', () => onnxFile(huge));
    expect(error.message).toMatch(/^onnx: the file would have 3\d{9} bytes/);
  });
});

describe('names of the classes of a run', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'class-names-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are those of its dataset, while its content is the same', () => {
    const saved = JSON.parse(readFileSync(path.join(import.meta.dirname, '../contract/saved/dataset/v2.json'), 'utf8'));
    const { identity, classNames } = saved.findings;
    expect(classNames.length).toBeGreaterThan(1);
    const put = (place: string, value: unknown) => {
      const file = path.join(folder, place);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(value));
    };
    put(`datasets/${saved.name}.json`, saved);
    const run = (fingerprint: string) =>
      put('runs/r/run.json', { ...tinyRun(), id: 'r', dataset: { ...identity, name: saved.name, fingerprint } });
    const weights = path.join(folder, 'runs', 'r', 'checkpoints', '00000010.safetensors');
    run(identity.fingerprint);
    expect(classNamesOf(weights, folder)).toEqual(classNames);
    run('of another content');
    expect(classNamesOf(weights, folder)).toBeNull();
    expect(classNamesOf(path.join(folder, 'elsewhere.safetensors'), folder)).toBeNull();
  });
});
