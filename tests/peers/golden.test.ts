// The committed golden files are what their script makes, and timm takes the weights as they are.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden, runScript } from './python.ts';

let made = '';
beforeAll(async () => {
  made = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-golden-'));
  await runScript('make_golden.py', made);
});
afterAll(() => fs.rmSync(made, { recursive: true, force: true }));

interface Comparison {
  tensors: number;
  worst: number;
  worst_tensor: string;
}

test('make_golden.py makes the committed files again, to 1e-6', async () => {
  const found = JSON.parse(await runScript('compare_golden.py', made, golden)) as Record<string, Comparison>;
  expect(Object.keys(found)).toHaveLength(8);
  for (const [file, comparison] of Object.entries(found))
    expect(comparison.worst, `${file}: ${comparison.worst_tensor}`).toBeLessThanOrEqual(1e-6);
});

test('timm loads vit-deep strictly and gives the golden logits', async () => {
  const args = ['vit-deep.safetensors', 'vit-deep-forward.safetensors'].map((f) => path.join(golden, f));
  const found = JSON.parse(await runScript('check_timm.py', ...args)) as { tensors: number; logits_error: number };
  expect(found.tensors).toBe(4 + 12 * 12 + 4);
  expect(found.logits_error).toBeLessThan(1e-5);
});

test('timm refuses weights of another architecture', async () => {
  const forward = path.join(golden, 'vit-tiny-forward.safetensors');
  await expect(runScript('check_timm.py', forward)).rejects.toMatchObject({
    stdout: expect.stringMatching(/Missing key.*cls_token/s),
  });
});
