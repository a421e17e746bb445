// A file of 300 million parameters (ViT-L) in another layout: looked at and converted within little memory. The file is sparse: its
// data are zeros that take no disk until they are converted.
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'large-'));
const [file, out, script] = ['large', 'out', 'child.mjs'].map((name) => join(dir, name)) as [string, string, string];
afterAll(() => rmSync(dir, { recursive: true }));

const [D, hidden, depth, positions, classes] = [1024, 4096, 24, 197, 1000];
const half = 2;

/** A header of BF16 tensors with Hugging Face's names, and zeros behind it. */
function writeLarge(): void {
  const shapes: Record<string, number[]> = {
    'vit.embeddings.cls_token': [1, 1, D],
    'vit.embeddings.position_embeddings': [1, positions, D],
    'vit.embeddings.patch_embeddings.projection.weight': [D, 3, 16, 16],
    'vit.embeddings.patch_embeddings.projection.bias': [D],
    'vit.layernorm.weight': [D],
    'vit.layernorm.bias': [D],
    'classifier.weight': [classes, D],
    'classifier.bias': [classes],
  };
  for (let i = 0; i < depth; i++) {
    const linear = (name: string, to: number, from: number) => {
      shapes[`vit.encoder.layer.${i}.${name}.weight`] = [to, from];
      shapes[`vit.encoder.layer.${i}.${name}.bias`] = [to];
    };
    for (const part of ['query', 'key', 'value']) linear(`attention.attention.${part}`, D, D);
    linear('attention.output.dense', D, D);
    linear('intermediate.dense', hidden, D);
    linear('output.dense', D, hidden);
    for (const norm of ['before', 'after'])
      for (const kind of ['weight', 'bias']) shapes[`vit.encoder.layer.${i}.layernorm_${norm}.${kind}`] = [D];
  }
  let end = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const from = end;
    end += shape.reduce((a, b) => a * b, half);
    return [name, { dtype: 'BF16', shape, data_offsets: [from, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const fd = openSync(file, 'w');
  writeSync(fd, length);
  writeSync(fd, json);
  ftruncateSync(fd, 8 + json.length + end);
  closeSync(fd);
}

beforeAll(() => {
  writeLarge();
  buildSync({
    entryPoints: [join(import.meta.dirname, 'checkpoint-memory.child.ts')],
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: script },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
});

async function run(work: string): Promise<{ grown: number; told: number; parameters: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, work, file, out]);
  return JSON.parse(stdout);
}

describe('304 million parameters', () => {
  test.each([
    ['inspect', 100],
    ['norms', 200],
  ])('%s: grows by less than %i MB', async (work, most) => {
    const { grown, parameters } = await run(work);
    expect(parameters).toBeGreaterThan(300e6);
    expect(grown).toBeLessThan(most);
  });
  test('convert: grows by less than a fifth of what it may, and tells its progress', async () => {
    const { grown, told } = await run('convert');
    const size = statSync(file).size;
    expect(statSync(out).size).toBeGreaterThan(size * 0.99);
    expect(grown).toBeLessThan((1.3 * size) / 2 ** 20 / 5);
    expect(told).toBeGreaterThan(1);
  });
});
