// Every operation of RandAugment on pictures and with arguments that the golden files do not have: timm draws them anew here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import type { Sampling } from '../../native-worker/data/augment/affine.ts';
import { type OperationName, operations } from '../../native-worker/data/augment/operations.ts';
import { runScript } from './python.ts';

interface Case extends Sampling {
  operation: OperationName;
  argument: number;
}
const folder = mkdtempSync(path.join(tmpdir(), 'augment-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([1, 2])('seed %i: at most one level apart in 99 % of the pixels of every picture', async (seed) => {
  const file = path.join(folder, `${seed}.safetensors`);
  await runScript('augment_random.py', file, String(seed));
  const written = readSafetensors(file);
  const cases = JSON.parse(written.metadata.cases!) as Case[];
  expect(cases.length).toBeGreaterThan(300);
  let values = 0;
  let same = 0;
  for (const [k, { operation, argument, ...sampling }] of cases.entries()) {
    const [height, width, channels] = written.tensors.get(`${k}/image`)!.shape as [number, number, 1 | 3];
    const image = { data: written.read(`${k}/image`) as Uint8Array, width, height, channels };
    const expected = written.read(`${k}/result`) as Uint8Array;
    const found = new Uint8Array(expected.length);
    operations.find((o) => o.name === operation)!.apply(image, found, argument, sampling);
    const off = found.map((v, i) => Math.abs(v - expected[i]!));
    const near = off.filter((d) => d <= 1).length / off.length;
    expect(near, `case ${k}: ${operation}(${argument}) ${sampling.interpolation}`).toBeGreaterThanOrEqual(0.99);
    values += off.length;
    same += off.filter((d) => d === 0).length;
  }
  written.close();
  expect(same / values).toBeGreaterThan(0.9999);
});
