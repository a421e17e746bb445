// The committed golden files of variants are what their script makes.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden, runScript } from './python.ts';

const committed = path.join(path.dirname(golden), 'golden-variants');
let made = '';
beforeAll(async () => {
  made = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-variants-'));
  await runScript('make_variants.py', made);
});
afterAll(() => fs.rmSync(made, { recursive: true, force: true }));

test('make_variants.py makes the committed files again, to 1e-6', async () => {
  const found = JSON.parse(await runScript('compare_golden.py', made, committed)) as Record<
    string,
    { worst: number; worst_tensor: string }
  >;
  expect(Object.keys(found)).toHaveLength(8);
  for (const [file, { worst, worst_tensor }] of Object.entries(found))
    expect(worst, `${file}: ${worst_tensor}`).toBeLessThanOrEqual(1e-6);
});
