import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { type ModelAsked, type OpenModel, openModel } from '../../native-worker/checkpoint/open-model.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import {
  streamSafetensors,
  type WritableTensor,
  writeSafetensors,
} from '../../native-worker/checkpoint/write-safetensors.ts';
import { convert } from '../../native-worker/jobs/convert.ts';
import { type VitConfig, vitParameters } from '../../native-worker/models/vit-config.ts';
import { startFrom } from '../../native-worker/training/from-checkpoint.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/layouts/${name}`, import.meta.url));
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'model-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const opened: OpenModel[] = [];
afterEach(() => {
  for (const model of opened.splice(0)) model.close();
});
async function open(name: string, asked: ModelAsked = { heads: 4 }): Promise<OpenModel> {
  const model = await openModel(name.startsWith('/') ? name : fixture(name), asked);
  opened.push(model);
  return model;
}
async function refusal(work: Promise<unknown>): Promise<UnsmoothError> {
  const thrown = await work.then(
    () => null,
    (e: unknown) => e,
  );
  if (thrown instanceof UnsmoothError) return thrown;
  throw thrown ?? new Error('no complaint');
}
const floats = (shape: number[], value = 0.5): WritableTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});

/** The tensors of a fixture under other names, or some changed, as a new file. */
function changed(from: string, change: (tensors: Record<string, WritableTensor>) => void): string {
  const file = readSafetensors(fixture(from));
  const tensors = Object.fromEntries(
    [...file.tensors].map(([name, { shape }]) => [name, { ...floats([]), shape, data: file.readFloat32(name) }]),
  ) as Record<string, WritableTensor>;
  file.close();
  change(tensors);
  const path = join(dir, 'changed.safetensors');
  writeSafetensors(path, tensors, {});
  return path;
}

describe('a model fitted to what is asked', () => {
  test('another image size: positions resized, the rest as it is; the tokens before the patches keep theirs', async () => {
    const before = await open('google.npz');
    const after = await open('google.npz', { imgSize: 20 });
    expect(after.config).toEqual({ ...before.config, img_size: 20 });
    expect(after.notes).toContain('position embedding resized from 2 x 2 to 5 x 5 patches');
    const [was, is] = [before, after].map((m) => m.tensors.get('pos_embed')!);
    expect(is!.shape).toEqual([1, 26, 16]);
    expect(is!.read().slice(0, 16)).toEqual(was!.read().slice(0, 16));
    expect((await refusal(open('google.npz', { imgSize: 10 }))).message).toContain('no whole number of patches of 4');
  });
  test('another patch size and other channels', async () => {
    const { config, notes, tensors, normalisation } = await open('torchvision.pth', {
      ...{ heads: 4, patchSize: 2, inChans: 1, imgSize: 4 },
    });
    expect(config).toMatchObject({ patch_size: 2, in_chans: 1, img_size: 4 });
    expect(tensors.get('patch_embed.proj.weight')!.read()).toHaveLength(16 * 1 * 2 * 2);
    expect(notes).toContain('patch embedding: its 3 channels summed into 1');
    expect(notes).toContain('patch embedding resized from 4 x 4 to 2 x 2 pixels');
    expect(normalisation).toBeNull();
  });
  test('another number of classes: a fresh head, said; a missing or all-zero one, said', async () => {
    const { head, config, notes, tensors } = await open('timm-deit-distilled.pth', { heads: 4, classes: 7 });
    expect([head, config.num_classes]).toEqual(['fresh', 7]);
    expect(notes).toContain('the head is of 5 classes: one of 7 starts afresh');
    expect(tensors.get('head_dist.weight')!.read()).toEqual(new Float32Array(7 * 16));
    const bare = await open('hf-vit-bare');
    expect([bare.head, bare.config.num_classes, bare.tensors.has('head.weight')]).toEqual(['none', 0, false]);
    expect(bare.problems[0]).toContain('no classification head in the file');
    expect((await open('hf-vit-bare', { classes: 3 })).head).toBe('fresh');
    const zero = await open(changed('timm-deit3.safetensors', (t) => (t['head.weight'] = floats([5, 16], -0))));
    expect([zero.head, zero.problems.length]).toEqual(['zero', 1]);
  });
  test('normalisation beside the file, as transformers and as timm leave it', async () => {
    const path = changed('timm-deit3.safetensors', () => {});
    expect((await open(path)).normalisation).toBeNull();
    const cfg = {
      architecture: 'a',
      model_args: { num_heads: 8 },
      pretrained_cfg: { mean: [1, 2, 3], std: [4, 5, 6] },
    };
    writeFileSync(join(dir, 'config.json'), JSON.stringify(cfg));
    expect(await open(path, {})).toMatchObject({
      normalisation: { mean: [1, 2, 3], std: [4, 5, 6] },
      config: { num_heads: 8 },
    });
    writeFileSync(join(dir, 'preprocessor_config.json'), '{"image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]}');
    expect((await open(path)).normalisation).toEqual({ mean: [0.5, 0.5, 0.5], std: [1, 1, 1] });
    for (const nonsense of ['{', '[]', '{"image_mean": [0], "image_std": 1}']) {
      writeFileSync(join(dir, 'preprocessor_config.json'), nonsense);
      expect((await open(path)).normalisation).toEqual({ mean: [1, 2, 3], std: [4, 5, 6] });
    }
  });
  test('config.json of another model is not believed; another activation is refused', async () => {
    const path = changed('hf-vit/model.safetensors', () => {});
    const beside = (json: unknown) => writeFileSync(join(dir, 'config.json'), JSON.stringify(json));
    beside({ hidden_size: 32, num_attention_heads: 2, layer_norm_eps: 1 });
    const { config, notes } = await open(path);
    expect(config).toMatchObject({ num_heads: 4, norm_eps: 1e-12 });
    expect(notes.join()).toContain('is of another model (hidden_size 32, not 16)');
    beside({ hidden_size: 16, hidden_act: 'quick_gelu' });
    expect((await refusal(open(path))).message).toContain('hidden_act quick_gelu; only gelu is computed here');
  });
  test('a wrapper around the model, with something beside it', async () => {
    const path = changed('timm-deit3.safetensors', (t) => {
      for (const [name, tensor] of Object.entries(t)) {
        t[`backbone.${name}`] = tensor;
        delete t[name];
      }
      t['projector.weight'] = floats([4, 4]);
    });
    const { notes, config } = await open(path);
    expect(config.depth).toBe(2);
    expect(notes.join('\n')).toMatch(/left out: projector\.weight \(lies outside of "backbone\."\)/);
  });
});

describe('a file that is no model of ours', () => {
  test.each<[string, string, (t: Record<string, WritableTensor>) => void, string]>([
    [
      'missing',
      'hf-deit/model.safetensors',
      (t) => delete t['deit.encoder.layer.1.attention.attention.key.bias'],
      'tensor deit.encoder.layer.1.attention.attention.key.bias: missing; expected [16]',
    ],
    [
      'left over',
      'hf-vit/model.safetensors',
      (t) => (t['decoder.weight'] = floats([2, 2])),
      'tensor decoder.weight: left over',
    ],
    [
      'of another shape',
      'hf-vit/model.safetensors',
      (t) => (t['vit.layernorm.weight'] = floats([15])),
      'tensor vit.layernorm.weight: expected [16], found [15]',
    ],
    [
      'not finite',
      'timm-deit3.safetensors',
      (t) => (t['head.weight'] = floats([5, 16], Number.NaN)),
      'tensor head.weight: holds values that are not finite',
    ],
    ['without a class token', 'timm-deit3.safetensors', (t) => delete t.cls_token, 'expected a class token'],
    [
      'of another architecture',
      'timm-deit3.safetensors',
      (t) => {
        for (const name of Object.keys(t)) delete t[name];
        t['layers.0.blocks.0.attn.relative_position_bias_table'] = floats([9, 4]);
      },
      'looks like a Swin Transformer',
    ],
    [
      'with blocks of huge numbers',
      'timm-deit3.safetensors',
      (t) => (t['blocks.99999999.norm1.bias'] = floats([16])),
      'tensor blocks.99999999.norm1.bias: left over',
    ],
  ])('%s', async (_, from, change, message) => {
    const error = await refusal(open(changed(from, change)));
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toContain(message);
  });
  test('many problems are counted and the first are listed', async () => {
    const error = await refusal(
      open(
        changed('timm-deit3.safetensors', (t) => {
          for (let i = 0; i < 80; i++) t[`extra.${i}`] = floats([2, 2]);
        }),
      ),
    );
    expect(error.message).toContain('(and 79 more)');
    expect(error.problems).toHaveLength(50);
  });
});

describe('convert', () => {
  const job = (file: string, out: string) => ({ type: 'convert', file, out, heads: 4, img_size: null }) as const;
  const context = (stopAfter = Number.POSITIVE_INFINITY) => {
    let looks = 0;
    const control = {
      get ending() {
        return looks++ < stopAfter ? ('no' as const) : ('stop' as const);
      },
      ...{ paused: false, takeCheckpointRequest: () => false, wait: () => {} },
    };
    return { emit: () => {}, control };
  };

  test('cancelled or failed it leaves what was there, and nothing else', async () => {
    const out = join(dir, 'out.safetensors');
    writeFileSync(out, 'before');
    expect((await refusal(convert(job(fixture('timm-vit.pth'), out), context(5)))).code).toBe('STOPPED');
    const broken = changed('timm-deit3.safetensors', (t) => (t['norm.bias'] = floats([16], Number.POSITIVE_INFINITY)));
    expect((await refusal(convert(job(broken, out), context()))).message).toContain('tensor norm.bias');
    expect(readFileSync(out, 'utf8')).toBe('before');
    expect(readdirSync(dir).sort()).toEqual(['changed.safetensors', 'out.safetensors']);
  });
  test('never over the checkpoint, by whatever name', async () => {
    const file = changed('timm-deit3.safetensors', () => {});
    const bytes = readFileSync(file);
    symlinkSync(file, join(dir, 'link'));
    linkSync(file, join(dir, 'twin'));
    for (const out of [file, join(dir, 'link'), join(dir, 'twin')])
      expect((await refusal(convert(job(file, out), context()))).code).toBe('INPUT_INVALID');
    expect(readFileSync(file)).toEqual(bytes);
    mkdirSync(join(dir, 'folder'));
    for (const out of [join(dir, 'folder'), join(dir, 'none', 'out')])
      expect((await refusal(convert(job(file, out), context()))).code).toBe('INPUT_INVALID');
  });
  test('keeps the type of the weights', async () => {
    const half = (shape: readonly number[]) => {
      const data = new Uint8Array(shape.reduce((a, b) => a * b, 2)).map((_, i) => (i % 2 === 0 ? 0 : 0x38 + (i % 8)));
      return { dtype: 'F16' as const, shape, chunks: () => [data] };
    };
    const config = { img_size: 8, patch_size: 4, in_chans: 3, num_classes: 2, embed_dim: 8, depth: 1 };
    const shapes = vitParameters({ ...config, num_heads: 4, mlp_ratio: 2 });
    const file = join(dir, 'half.safetensors');
    streamSafetensors(file, new Map(Object.entries(shapes).map(([name, shape]) => [name, half(shape)])), {});
    const out = join(dir, 'out.safetensors');
    await convert(job(file, out), context());
    const [before, after] = [readSafetensors(file), readSafetensors(out)];
    for (const [name, { dtype }] of after.tensors) {
      expect(dtype).toBe('F16');
      expect(after.read(name)).toEqual(before.read(name));
    }
    expect(after.tensors.size).toBe(Object.keys(shapes).length);
    before.close();
    after.close();
  });
});

describe('a training that starts from a checkpoint', () => {
  const model: VitConfig = {
    ...{ img_size: 16, patch_size: 4, in_chans: 3, num_classes: 7 },
    ...{ embed_dim: 16, depth: 2, num_heads: 4, mlp_ratio: 2 },
  };
  test('takes everything but a head of other classes, at its own size', async () => {
    const { weights, notes } = await startFrom(fixture('hf-vit'), model);
    const expected = Object.keys(vitParameters(model)).filter((name) => !name.startsWith('head.'));
    expect(Object.keys(weights)).toEqual(expected);
    expect(weights.pos_embed).toHaveLength(17 * 16);
    expect(notes.join('\n')).toMatch(
      /Hugging Face ViT(.|\n)*one of 7 starts afresh(.|\n)*epsilon is 0.000001 from here/,
    );
  });
  test('says by the recipe’s fields what is another architecture', async () => {
    const other = { ...model, depth: 3, init_values: 0.1, mlp_ratio: 4 };
    const error = await refusal(startFrom(fixture('timm-deit-distilled.pth'), other));
    expect(error.problems.map((p) => p.where)).toEqual([
      'model.depth',
      'model.distilled',
      'model.mlp_ratio',
      'model.init_values',
    ]);
    expect((await refusal(startFrom(fixture('hf-vit'), { ...model, num_heads: 2 }))).problems).toEqual([
      { where: 'model.num_heads', message: 'the checkpoint has 4, the recipe 2' },
    ]);
  });
});
