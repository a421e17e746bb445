// What is exported is what others load: timm (strictly), transformers (from_pretrained), onnxruntime, each with the logits of
// `unsmooth forward`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportTarget } from '../../contract/worker-api.ts';
import { keyedRandom } from '../../core/random.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { type ModelKind, modelKinds, writeModel } from '../process/export.fixtures.ts';
import { runScript } from './python.ts';
import { type TinyLibrary, tinyLibrary } from './tiny-run.ts';

const batch = 3;

const cases = [
  ['timm', 'plain', 'VisionTransformer'],
  ['timm', 'distilled', 'VisionTransformerDistilled'],
  ['timm', 'pooled', 'VisionTransformer'],
  ['timm', 'other-epsilon', 'VisionTransformer'],
  ['hugging-face', 'plain', 'ViTForImageClassification'],
  ['hugging-face', 'second-token', 'DeiTForImageClassification'],
  ['hugging-face', 'distilled', 'DeiTForImageClassificationWithTeacher'],
  ['hugging-face', 'other-epsilon', 'ViTForImageClassification'],
  ['onnx', 'plain', 'onnx'],
  ['onnx', 'distilled', 'onnx'],
  ['onnx', 'pooled', 'onnx'],
  ['onnx', 'everything', 'onnx'],
] as const satisfies [ExportTarget, ModelKind, string][];

let library: TinyLibrary;
const found = new Map<string, Record<string, unknown>>();

/** Everything is exported first, then one Python looks at all of it: loading torch is what takes the time. */
beforeAll(async () => {
  library = tinyLibrary();
  const measured = new Map<ModelKind, { weights: string; expected: string }>();
  for (const kind of new Set<ModelKind>(cases.map(([, k]) => k))) measured.set(kind, await measure(kind));
  const asked = [];
  for (const [target, kind] of cases) {
    const { weights = '', expected = '' } = measured.get(kind) ?? {};
    const out = path.join(library.folder, `${kind}-${target}`);
    const { code, stderr } = await library.cli(['export', weights, '--to', target, '--out', out]);
    expect(code, stderr).toBe(0);
    asked.push({ target, path: out, expected });
  }
  const list = path.join(library.folder, 'cases.json');
  writeFileSync(list, JSON.stringify(asked));
  const said: Record<string, unknown>[] = JSON.parse(await runScript('check_export.py', list));
  for (const [i, [target, kind]] of cases.entries()) found.set(`${target} ${kind}`, said[i] ?? {});
});
afterAll(() => library.remove());

/** A checkpoint of that kind, and a file with images and our logits of them. */
async function measure(kind: ModelKind): Promise<{ weights: string; expected: string }> {
  const at = (name: string) => path.join(library.folder, `${kind}-${name}.safetensors`);
  const [weights, input, out, expected] = [at('weights'), at('input'), at('out'), at('expected')];
  const { img_size: side, in_chans } = modelKinds[kind];
  writeModel(weights, modelKinds[kind]);
  const random = keyedRandom(0, 96, 0, 0);
  const data = Float32Array.from({ length: batch * in_chans * side * side }, () => random.normal());
  const images = { dtype: 'F32' as const, shape: [batch, in_chans, side, side], data };
  writeSafetensors(input, { images }, {});
  const { code, stderr } = await library.cli(['forward', weights, '--input', input, '--out', out]);
  expect(code, stderr).toBe(0);
  const file = readSafetensors(out);
  const shape = file.tensors.get('logits')?.shape ?? [];
  const logits = { dtype: 'F32' as const, shape, data: file.readFloat32('logits') };
  file.close();
  writeSafetensors(expected, { images, logits }, {});
  return { weights, expected };
}

test.each(cases)('%s: %s is loaded as %s, with our logits', (target, kind, model) => {
  const said = found.get(`${target} ${kind}`);
  expect(said).toMatchObject({ model });
  expect(said?.logits_error).toBeLessThan(1e-5);
  if (target === 'hugging-face') expect(said?.processor_error).toBeLessThan(1e-5);
  if (target === 'onnx')
    expect(said).toMatchObject({ input: ['images', ['batch', 3, 16, 16]], output: ['logits', ['batch', 5]] });
});
