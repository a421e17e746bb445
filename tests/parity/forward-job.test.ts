// The job `forward` with each definition of the losses: what it asks for, what it writes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import type { LossDefinition } from '../../contract/recipe.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { vitMetadata } from '../../native-worker/checkpoint/vit-config.ts';
import { writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { run } from '../../native-worker/jobs/forward.ts';
import type { VitConfig } from '../../native-worker/models/vit-config.ts';
import { golden, relativeError } from './golden.ts';

const control = { ending: 'no' as const, paused: false, takeCheckpointRequest: () => false, wait: () => {} };
const file = '../golden-variants/vit-registers.safetensors';
const { values, shapes, metadata } = golden(file);
const weights = golden(file, 'weights.');
const [B, n, D, K] = [3, 16, 16, 5];

type Given = [name: string, data: ArrayLike<number>, shape: readonly number[]];
const counted = (size: number, of: (i: number) => number) => Float32Array.from({ length: size }, (_, i) => of(i));
const rows = (label: (row: number) => number, count: number) =>
  counted(count * K, (i) => Number(i % K === label(Math.floor(i / K))));
const images: Given = ['images', values.images!, shapes.images!];
const head: Given[] = [
  ['patch_head.weight', counted(K * D, (i) => Math.sin(i) / 4), [K, D]],
  ['patch_head.bias', counted(K, (i) => Math.cos(i) / 4), [K]],
];
const inputs: Record<LossDefinition, Given[]> = {
  paper: [images, ...head, ['patch_targets', rows((r) => r % K, B * n), [B, n, K]]],
  'reference-code': [
    images,
    ...head,
    ['own_targets', rows((r) => r, B), [B, K]],
    ['partner_targets', rows((r) => 4 - r, B), [B, K]],
    ['patch_share', counted(B * n, (i) => Number(i % 3 > 0)), [B, n]],
  ],
  'diverse-vit': [images, ['patch_targets', rows((r) => r % K, B * n), [B, n, K]]],
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forward-job-'));
  const tensors = Object.entries(weights.values).map(([k, data]): Given => [k, data, weights.shapes[k]!]);
  const data = { dataset: '', classes: K, mean: [0, 0, 0], std: [1, 1, 1] };
  write('weights', tensors, vitMetadata(JSON.parse(metadata.model as string) as VitConfig, data));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, `${name}.safetensors`);
function write(name: string, tensors: readonly Given[], said: Record<string, string> = {}): void {
  const list = tensors.map(([k, data, shape]) => [k, { dtype: 'F32' as const, shape, data: Float32Array.from(data) }]);
  writeSafetensors(at(name), Object.fromEntries(list), said);
}

const forward = (losses: LossDefinition, given: readonly Given[]) => {
  write('input', given);
  const files = { checkpoint: at('weights'), input: at('input'), out: at('out') };
  const engine = { name: 'wasm' as const, form: 'replay' as const, threads: 1, dir: null };
  return run(
    { type: 'forward', ...files, heads: null, losses, tap: 'norm', grads: [0, 1, 1, 1], engine },
    { emit: () => {}, control },
  );
};

it.each(Object.keys(inputs) as LossDefinition[])('%s', async (definition) => {
  const result = await forward(definition, inputs[definition]);
  if (result.type !== 'forward') throw new Error(result.type);
  const names = ['loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'];
  expect(Object.keys(result.losses)).toEqual(names);
  expect(Object.values(result.losses).every((v) => typeof v === 'number' && v > 0)).toBe(true);
  const out = readSafetensors(at('out'));
  try {
    expect(relativeError(out.readFloat32('logits'), values.logits!)).toBeLessThan(1e-5);
    expect(out.tensors.get('tokens.0')?.shape).toEqual([B, 4 + n, D]);
    expect(out.tensors.has('grad.patch_head.weight')).toBe(definition !== 'diverse-vit');
    expect(out.tensors.get('grad.reg_token')?.shape).toEqual([1, 3, D]);
  } finally {
    out.close();
  }
});

it.each<[LossDefinition, string]>([
  ['paper', 'patch_head.bias'],
  ['reference-code', 'own_targets'],
  ['reference-code', 'patch_share'],
  ['diverse-vit', 'patch_targets'],
])('%s without %s says what is missing', async (definition, name) => {
  const error = await forward(
    definition,
    inputs[definition].filter(([k]) => k !== name),
  ).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UnsmoothError);
  expect(error).toMatchObject({ code: 'INPUT_INVALID' });
  expect((error as UnsmoothError).message).toContain(name);
});
