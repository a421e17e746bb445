// `unsmooth export` as a user gives a checkpoint back: the real command and worker, on small models of every kind. What timm,
// transformers and onnxruntime make of the files is the peers' test.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyedRandom } from '../../core/random.ts';
import { openModel } from '../../native-worker/checkpoint/open-model.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { createExecutor } from '../../native-worker/engine/index.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import { decodeModel } from '../../native-worker/export/onnx/schema.ts';
import { forwardFunction } from '../../native-worker/training/forward.ts';
import { channelsLast, relativeError } from '../parity/golden.ts';
import { cli, startCli, until } from './cli.ts';
import { type ModelKind, modelKinds, writeModel } from './export.fixtures.ts';
import { runOnnx } from './onnx-runner.ts';

let folder = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'export-'));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string) => path.join(folder, name);
/** A checkpoint of that kind; made once. */
function checkpoint(kind: ModelKind): string {
  const file = place(`${kind}.safetensors`);
  if (!existsSync(file)) writeModel(file, modelKinds[kind]);
  return file;
}
const asked = (from: string, to: string, out: string, ...more: string[]) =>
  cli(['export', from, '--to', to, '--out', out, '--json', ...more], env);

async function readAll(file: string): Promise<Values> {
  const model = await openModel(file);
  try {
    return Object.fromEntries([...model.tensors].map(([name, t]) => [name, t.read()]));
  } finally {
    model.close();
  }
}

describe('timm', () => {
  test.each(['plain', 'distilled', 'pooled'] as const)(
    '%s: the same tensors, and the call that makes the model',
    async (kind) => {
      const out = place(`${kind}-timm.safetensors`);
      const { code, stdout, stderr } = await asked(checkpoint(kind), 'timm', out);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ target: 'timm', out, notes: [] });
      expect(await readAll(out)).toEqual(await readAll(checkpoint(kind)));
      const file = readSafetensors(out);
      file.close();
      expect(file.metadata['timm.create_model']).toContain('embed_dim=24, depth=2, num_heads=3');
      const hub = JSON.parse(file.metadata.timm ?? '');
      expect(hub).toMatchObject({ num_classes: 5, pretrained_cfg: { input_size: [3, 16, 16], mean: [0.1, 0.2, 0.3] } });
      expect(hub.architecture).toBe(kind === 'distilled' ? 'deit_base_distilled_patch16_224' : 'vit_base_patch16_224');
    },
  );
});

describe('hugging-face', () => {
  test.each(['plain', 'distilled', 'second-token'] as const)(
    '%s: a folder that reads back as the same model',
    async (kind) => {
      const out = place(`${kind}-hub`);
      const { code, stderr } = await asked(checkpoint(kind), 'hugging-face', out);
      expect(code, stderr).toBe(0);
      expect(readdirSync(out).sort()).toEqual(['config.json', 'model.safetensors', 'preprocessor_config.json']);
      const model = await openModel(out);
      model.close();
      expect(model.config).toEqual(modelKinds[kind]);
      expect(model.normalisation).toEqual({ mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] });
      expect(await readAll(out)).toEqual(await readAll(checkpoint(kind)));
    },
  );

  test('what it has no place for is refused by name, and nothing is written', async () => {
    const out = place('refused-hub');
    const { code, stderr } = await asked(checkpoint('everything'), 'hugging-face', out);
    expect(code).toBe(2);
    for (const part of ['2 registers', 'talking heads', 'LayerScale', 'the mean of the patches'])
      expect(stderr).toContain(part);
    expect(existsSync(out)).toBe(false);
    const timm = await asked(checkpoint('everything'), 'timm', place('refused.safetensors'));
    expect(timm.code).toBe(2);
    expect(timm.stderr).toContain('talking_heads');
  });
});

describe('onnx', () => {
  test.each(Object.keys(modelKinds) as ModelKind[])('%s: the logits of `forward`, for any batch', async (kind) => {
    const config = modelKinds[kind];
    const out = place(`${kind}.onnx`);
    const { code, stderr } = await asked(checkpoint(kind), 'onnx', out);
    expect(code, stderr).toBe(0);
    const bytes = readFileSync(out);
    const random = keyedRandom(0, 98, 0, 0);
    for (const batch of [1, 3]) {
      const images = Float32Array.from({ length: batch * 3 * 16 * 16 }, () => random.normal());
      const fn = forwardFunction(config, batch, {
        labels: false,
        mixing: false,
        losses: null,
        tap: 'norm',
        grads: null,
      });
      const executor = await createExecutor({ calls: [{ name: 'forward', fn }] }, { engine: 'wasm' });
      try {
        await executor.put(await readAll(checkpoint(kind)));
        const { logits } = await executor.call('forward', { images: channelsLast(images, 3, 16) });
        const got = runOnnx(bytes, images, batch);
        expect(got.name).toBe('logits');
        expect(relativeError(got.values, logits as Float32Array)).toBeLessThan(1e-5);
      } finally {
        executor.dispose();
      }
    }
    expect(decodeModel(bytes).metadataProps).toContainEqual({ key: 'mean', value: '[0.1,0.2,0.3]' });
  });

  test('another image size', async () => {
    const out = place('larger.onnx');
    const { code, stdout, stderr } = await asked(checkpoint('plain'), 'onnx', out, '--image-size', '32');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).notes.join()).toContain('position embedding resized from 4 x 4 to 8 x 8');
    const images = new Float32Array(2 * 3 * 32 * 32).fill(0.5);
    expect(runOnnx(readFileSync(out), images, 2).values).toHaveLength(10);
  });
});

describe('the place', () => {
  test('is never overwritten without --force', async () => {
    const out = place('taken.onnx');
    writeFileSync(out, 'mine');
    const refused = await asked(checkpoint('plain'), 'onnx', out);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('is there already');
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect((await asked(checkpoint('plain'), 'onnx', out, '--force')).code).toBe(0);
    expect(decodeModel(readFileSync(out)).graph?.name).toBe('vit');

    const hub = place('taken-hub');
    mkdirSync(hub);
    writeFileSync(path.join(hub, 'README.md'), 'mine');
    expect((await asked(checkpoint('plain'), 'hugging-face', hub)).code).toBe(0);
    expect((await asked(checkpoint('plain'), 'hugging-face', hub)).code).toBe(2);
    expect((await asked(checkpoint('plain'), 'hugging-face', hub, '--force')).code).toBe(0);
    expect(readFileSync(path.join(hub, 'README.md'), 'utf8')).toBe('mine');
  });

  test('is not the checkpoint, nor of another kind; an unknown target is refused', async () => {
    const from = checkpoint('plain');
    expect((await asked(from, 'timm', from, '--force')).stderr).toContain('is the checkpoint itself');
    expect((await asked(from, 'timm', folder)).stderr).toContain('is a folder');
    expect((await asked(from, 'hugging-face', from, '--force')).stderr).toContain('is a file');
    const unknown = await asked(from, 'tensorflow', place('x'));
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('timm, hugging-face, onnx');
  });

  test.each(['timm', 'hugging-face', 'onnx'])('%s: a cancel leaves nothing', async (target) => {
    const before = readdirSync(large()).sort();
    const out = path.join(large(), 'out');
    const { child, ended } = startCli(
      ['export', path.join(large(), 'model.safetensors'), '--to', target, '--out', out],
      env,
    );
    await until(() => readdirSync(large()).some((name) => name.includes('.unsmooth-tmp')) || child.exitCode !== null);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(130);
    expect(readdirSync(large()).sort()).toEqual(before);
  });
});

/** A folder with a checkpoint that takes a while to write. */
function large(): string {
  const at = place('large');
  if (!existsSync(at)) {
    mkdirSync(at);
    const base = { ...modelKinds.plain, embed_dim: 768, num_heads: 12, depth: 12, mlp_ratio: 4 };
    writeModel(path.join(at, 'model.safetensors'), base, () => 1);
  }
  return at;
}
