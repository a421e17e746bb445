// `convert`, `inspect`, `forward` on a checkpoint of another library, as a user's shell runs them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { vitMetadata } from '../../native-worker/checkpoint/vit-config.ts';
import { writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { vitParameters } from '../../native-worker/models/vit-config.ts';
import { cli, root } from './cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'convert-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { UNSMOOTH_LIBRARY: path.join(folder, 'library') };
const fixture = (name: string) => path.join(root, 'tests/fixtures/layouts', name);

it('a folder of the Hub becomes one file that gives the same logits', async () => {
  const out = path.join(folder, 'vit.safetensors');
  const converted = await cli(['convert', fixture('hf-deit'), '--out', out, '--json'], env);
  expect(converted).toMatchObject({ code: 0 });
  expect(JSON.parse(converted.stdout)).toMatchObject({ layout: 'Hugging Face DeiT', out, problems: [] });
  const told = await cli(['inspect', out, '--norms'], env);
  expect(told.stdout).toMatch(/layout +timm vision_transformer, 1 register\n/);
  expect(told.stdout).toMatch(/tensor +type +shape +norm\n/);

  const logits: Float32Array[] = [];
  for (const [i, checkpoint] of [fixture('hf-deit'), out].entries()) {
    const to = path.join(folder, `out${i}`);
    const args = ['forward', checkpoint, '--input', fixture('hf-deit.expected.safetensors'), '--out', to];
    const ended = await cli([...args, '--engine', 'wasm'], env);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    if (i === 0) expect(ended.stderr).toContain('note: read as Hugging Face DeiT');
    const file = readSafetensors(to);
    logits.push(file.readFloat32('logits'));
    file.close();
  }
  expect(logits[1]).toEqual(logits[0]);
});

/** MNIST's size, 2 layers of width 16, every value .01 and the head zero. */
function zeroHead(classes: number): string {
  const config = {
    ...{ img_size: 28, patch_size: 7, in_chans: 1, num_classes: classes },
    ...{ embed_dim: 16, depth: 2, num_heads: 2, mlp_ratio: 4 },
  };
  const tensors = Object.entries(vitParameters(config)).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(name.startsWith('head.') ? 0 : 0.01);
    return [name, { dtype: 'F32' as const, shape, data }] as const;
  });
  const file = path.join(folder, `zero${classes}.safetensors`);
  const data = { dataset: 'mnist', classes, mean: [0.1307], std: [0.3081] };
  writeSafetensors(file, Object.fromEntries(tensors), vitMetadata(config, data));
  return file;
}

it('evaluate warns of an all-zero head and of more classes than the data has; fewer are refused', async () => {
  const evaluate = (file: string) =>
    cli(['evaluate', file, '--data', 'mnist', '--images', '20', '--engine', 'wasm'], env);
  const told = await evaluate(zeroHead(12));
  expect(told, told.stderr).toMatchObject({ code: 0 });
  expect(told.stderr).toContain('the classification head is all zeros');
  expect(told.stderr).toContain('tells 12 classes apart, mnist has 10');
  const few = await evaluate(zeroHead(5));
  expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('tells 5 classes apart, mnist has 10')]);
});

it('what is no model leaves nothing behind', async () => {
  const place = path.join(folder, 'empty');
  const file = fixture('resampling.safetensors');
  const { code, stderr } = await cli(['convert', file, '--out', path.join(folder, 'none.safetensors')], env);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/CHECKPOINT_INVALID.*is of no layout that is read here/)]);
  expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
  expect(readFileSync(file).length).toBeGreaterThan(0);
  expect((await cli(['convert', place, '--out', file], env)).code).toBe(2);
});
