// `unsmooth bench --data`: rates of loader, step and both; nothing of it stays on disk, stopped or not.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineFolder, engineStatus } from '../../main/engines/index.ts';
import { cli, root, startCli, until } from './cli.ts';

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;

let folder = '';
let temporary = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bench-data-'));
  const cache = path.join(folder, 'cache');
  temporary = path.join(folder, 'tmp');
  for (const dir of [cache, temporary]) mkdirSync(dir);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache, TMPDIR: temporary };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bench = ['bench', '--data'];
const small = ['--engine', 'cpu', '--batch', '2', '--steps', '1', '--workers', '1', '--json'];

test.skipIf(missing !== '')(`measures a dataset${missing}`, async () => {
  const data = path.join(root, 'tests/fixtures/datasets/cifar10');
  const { code, stdout, stderr } = await cli([...bench, data, ...small], env);
  expect(code, stderr).toBe(0);
  const { rates, ratios, workers, batch } = JSON.parse(stdout);
  expect({ workers, batch }).toEqual({ workers: 1, batch: 2 });
  for (const name of ['loader', 'step', 'together']) expect(rates[name], name).toBeGreaterThan(0);
  expect(ratios.together_to_slower).toBeCloseTo(rates.together / Math.min(rates.loader, rates.step), 6);
  expect(readdirSync(temporary)).toEqual([]);
});

test.skipIf(missing !== '')(
  `stopped, it leaves none of its images; what a killed one left is removed${missing}`,
  async () => {
    const left = path.join(temporary, 'unsmooth-images-4194305-dead'); // no process has so large a number
    mkdirSync(left);
    const { child, ended } = startCli([...bench, ...small], env);
    const made = () =>
      readdirSync(temporary).some((name) => name.startsWith('unsmooth-images-') && !left.endsWith(name));
    await until(made);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expect(readdirSync(temporary)).toEqual([]);
  },
);
