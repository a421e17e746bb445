// `convert`, `inspect`, `forward` on a checkpoint of another library, as a user's shell runs them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
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

it('what is no model leaves nothing behind', async () => {
  const place = path.join(folder, 'empty');
  const file = fixture('resampling.safetensors');
  const { code, stderr } = await cli(['convert', file, '--out', path.join(folder, 'none.safetensors')], env);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/CHECKPOINT_INVALID.*is of no layout that is read here/)]);
  expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
  expect(readFileSync(file).length).toBeGreaterThan(0);
  expect((await cli(['convert', place, '--out', file], env)).code).toBe(2);
});
