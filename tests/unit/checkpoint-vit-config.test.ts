import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { modelIn } from '../../native-worker/checkpoint/open-model.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { readCheckpointData, vitMetadata } from '../../native-worker/checkpoint/vit-config.ts';
import { type WritableTensor, writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { inspect } from '../../native-worker/jobs/inspect.ts';
import { hiddenWidth, mlpRatioOf, type VitConfig, vitParameters } from '../../native-worker/models/vit-config.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vit-'));
  path = join(dir, 'm.safetensors');
});
afterEach(() => rmSync(dir, { recursive: true }));

const config: VitConfig = {
  img_size: 8,
  patch_size: 4,
  in_chans: 1,
  num_classes: 3,
  embed_dim: 64,
  depth: 2,
  num_heads: 4,
  mlp_ratio: 2,
};
const data = { dataset: 'mnist', classes: 3, mean: [0.1], std: [0.3] };
const zeros = (shape: readonly number[]): WritableTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const weightsOf = (c: VitConfig) =>
  Object.fromEntries(Object.entries(vitParameters(c)).map(([name, shape]) => [name, zeros(shape)]));

function read(
  change: (w: Record<string, WritableTensor>) => void = () => {},
  metadata: Record<string, string> = vitMetadata(config, data),
  heads?: number,
  c = config,
) {
  const weights = weightsOf(c);
  change(weights);
  writeSafetensors(path, weights, metadata);
  const file = readSafetensors(path);
  try {
    const model = modelIn(file, { heads: heads ?? null });
    return { config: model.config, notes: model.notes, data: readCheckpointData(file) };
  } finally {
    file.close();
  }
}
function refusal(...args: Parameters<typeof read>): UnsmoothError {
  try {
    read(...args);
  } catch (e) {
    if (e instanceof UnsmoothError) return e;
    throw e;
  }
  throw new Error('read without a complaint');
}

describe('configuration of a ViT checkpoint', () => {
  test('comes back from our metadata, with what it was trained on', () => {
    expect(read()).toEqual({ config, notes: [], data });
  });
  test('is inferred from names and shapes; heads as asked, else 64 wide each, said in a note', () => {
    expect(read(() => {}, {}, 2)).toEqual({ config: { ...config, num_heads: 2 }, notes: [], data: null });
    const guessed = read(() => {}, { model: 'another program says so' });
    expect(guessed.config).toEqual({ ...config, num_heads: 1 });
    expect(guessed.notes[0]).toContain('1 assumed (embed_dim / 64)');
  });
  test.each<[string, Partial<VitConfig>, string]>([
    ['registers', { reg_tokens: 3 }, 'reg_token'],
    ['a distillation token', { distilled: true }, 'head_dist.bias'],
    ['talking heads', { talking_heads: true }, 'blocks.1.attn.proj_w.weight'],
    ['LayerScale', { init_values: 1e-5 }, 'blocks.1.ls2.gamma'],
  ])('%s: read back from metadata, and from names and shapes alone', (_, variant, tensor) => {
    const c = { ...config, ...variant };
    expect(Object.keys(vitParameters(c))).toContain(tensor);
    expect(read(undefined, vitMetadata(c, data), undefined, c).config).toEqual(c);
    expect(read(undefined, {}, 4, c).config).toEqual(c);
    expect(refusal(undefined, vitMetadata({ ...c, reg_tokens: 1 }, data), undefined, c).message).toContain(
      'metadata says reg_tokens 1',
    );
    const lacking = refusal((w) => delete w[tensor], vitMetadata(c, data), undefined, c).message;
    expect(lacking).toContain(
      tensor === 'reg_token' ? 'tensor pos_embed: expected 1 + G*G' : `tensor ${tensor}: missing`,
    );
  });
  test('pooling and fixed positions travel in the metadata', () => {
    const c: VitConfig = { ...config, global_pool: 'avg', pos_embed: 'sincos' };
    expect(read(undefined, vitMetadata(c, data), undefined, c).config).toEqual(c);
    expect(read(undefined, {}, 4, c).config).toEqual(config);
  });
  test('a norm behind the pooling, and an epsilon of another library', () => {
    const c: VitConfig = { ...config, global_pool: 'avg', fc_norm: true, norm_eps: 1e-12 };
    expect(read(undefined, vitMetadata(c, data), undefined, c).config).toEqual(c);
    const { norm_eps: _, ...told } = c;
    expect(read(undefined, {}, 4, c).config).toEqual(told);
    const both = refusal((w) => (w['fc_norm.weight'] = zeros([64])), {});
    expect(both.message).toContain('tensor fc_norm.weight: left over');
  });
  test('positions of patches alone, a counter, a head that is not there', () => {
    const { config: c, notes } = read(
      (w) => {
        w.pos_embed = zeros([1, 4, 64]);
        w.num_batches_tracked = { dtype: 'I64', shape: [], data: new BigInt64Array(1) };
        delete w['head.weight'];
        delete w['head.bias'];
      },
      {},
      4,
    );
    expect(c).toEqual({ ...config, num_classes: 0 });
    expect(notes.join('\n')).toMatch(/positions of patches alone(.|\n)*left out: num_batches_tracked \(a counter\)/);
  });
  test('the word of the file stands against the heads asked for', () => {
    const { config: c, notes } = read(() => {}, vitMetadata(config, data), 8);
    expect(c.num_heads).toBe(4);
    expect(notes[0]).toContain('the 8 asked for are not used');
  });
  test('an odd width asks for --heads', () => {
    const error = refusal(() => {}, {}, undefined, { ...config, embed_dim: 48 });
    expect(error).toMatchObject({ code: 'CHECKPOINT_INVALID', hint: 'Give --heads.' });
    expect(refusal(() => {}, {}, 5).message).toContain('embed_dim 64 is not divisible by 5 heads');
  });

  test.each<[string, (w: Record<string, WritableTensor>) => void, string]>([
    ['missing', (w) => delete w['blocks.1.norm2.bias'], 'tensor blocks.1.norm2.bias: missing; expected [64]'],
    ['left over', (w) => (w['head.scale'] = zeros([64])), 'tensor head.scale: left over'],
    ['wrong shape', (w) => (w['norm.weight'] = zeros([63])), 'tensor norm.weight: expected [64], found [63]'],
    [
      'wrong type',
      (w) => (w['norm.bias'] = { dtype: 'I32', shape: [64], data: new Int32Array(64) }),
      'tensor norm.bias: expected F32, F16, BF16 or F64, found I32',
    ],
    [
      'no patch embedding',
      (w) => delete w['patch_embed.proj.weight'],
      'is of no layout that is read here: it holds blocks.0.',
    ],
    [
      'oblong patches',
      (w) => (w['patch_embed.proj.weight'] = zeros([64, 1, 4, 2])),
      'expected square patches, found 4 x 2',
    ],
    [
      'no class token position',
      (w) => (w.pos_embed = zeros([1, 7, 64])),
      'tensor pos_embed: expected 1 + G*G or G*G positions (tokens before the patches and a square grid), found 7',
    ],
    ['a block more', (w) => (w['blocks.2.norm1.bias'] = zeros([64])), 'metadata says depth 2, the tensors 3'],
  ])('%s', (_, change, message) => {
    const error = refusal(change);
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toContain(message);
    expect(error.message).toContain(path);
  });

  test('all problems are listed', () => {
    const error = refusal((w) => {
      delete w['head.bias'];
      w.extra = zeros([1]);
    });
    expect(error.message).toContain('(and 1 more)');
    expect(error.problems.map((p) => p.where)).toEqual(['head.bias', 'extra']);
  });

  test('metadata of a later version or a damaged one is refused', () => {
    expect(refusal(() => {}, { ...vitMetadata(config, data), 'unsmooth.version': '2' }).code).toBe('FORMAT_NEWER');
    expect(refusal(() => {}, { ...vitMetadata(config, data), model: '{' }).message).toContain('metadata model');
  });
});

describe('the inspect job', () => {
  const control = { ending: 'no' as const, paused: false, takeCheckpointRequest: () => false, wait: () => {} };
  const run = () => inspect({ type: 'inspect', file: path, heads: null }, { emit: () => {}, control });
  test('tells layout, model, parameters', async () => {
    writeSafetensors(path, weightsOf(config), vitMetadata(config, data));
    const parameters = Object.values(vitParameters(config)).reduce((n, s) => n + s.reduce((a, b) => a * b, 1), 0);
    expect(await run()).toMatchObject({
      layout: 'timm vision_transformer',
      container: 'safetensors',
      model: config,
      parameters,
      trained: ['dataset mnist', 'classes 3', 'mean [0.1]', 'std [0.3]'],
      problems: ['the classification head is all zeros: every class gets the same score until it is trained'],
    });
  });
  test('lists what keeps another file from being a ViT', async () => {
    writeSafetensors(path, { 'conv.weight': zeros([2, 2]) }, {});
    const result = await run();
    expect(result).toMatchObject({ layout: 'none that is read here', model: null, parameters: 4 });
    expect(result.type === 'inspect' && result.problems[0]).toContain('it holds conv.weight');
  });
});

describe('the width of the MLP', () => {
  test('is rounded down, as timm does', () => {
    const fc1 = (embed_dim: number, mlp_ratio: number) =>
      vitParameters({ ...config, embed_dim, mlp_ratio })['blocks.0.mlp.fc1.weight'];
    expect(fc1(64, 1.1)).toEqual([70, 64]);
    expect(fc1(30, 2.56)).toEqual([76, 30]);
  });
  test('and its ratio lead to one another', () => {
    for (let dim = 1; dim <= 200; dim++)
      for (let hidden = 1; hidden <= 4 * dim; hidden++)
        if (hiddenWidth(dim, mlpRatioOf(hidden, dim)) !== hidden) expect.fail(`${hidden} of ${dim}`);
    expect(hiddenWidth(49, 1 / 49)).toBe(0);
  });
  test('of a checkpoint that says nothing is found', () => {
    const odd = { ...config, embed_dim: 49, num_heads: 7, mlp_ratio: mlpRatioOf(1, 49) };
    expect(read(undefined, {}, 7, odd).config).toEqual(odd);
  });
});
