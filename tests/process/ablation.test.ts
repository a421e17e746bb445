// `unsmooth train FOLDER` through the command line and real workers: interrupted, gone on with, nothing trained twice.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { engineFolder, engineStatus } from '../../main/engines/index.ts';
import { readMetrics } from '../../main/runs/series.ts';
import { viewRun } from '../../main/runs/view.ts';
import { cli, startCli, until } from './cli.ts';

/** Enough that a run is still under way when the interrupt reaches it. */
const steps = 400;
const grid = {
  name: 'Two plans',
  base: {
    threads: 1,
    engine: 'cpu',
    model: { depth: 1, embed_dim: 16, num_heads: 2 },
    losses: { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 },
    train: { batch_size: 8, max_steps: steps, checkpoint_every_epochs: null, keep_checkpoints: 1 },
    data: { train_limit: 256, val_limit: 64 },
    probe: { images: 8, every_steps: null, every_epochs: 100 },
  },
  variants: { plain: {}, '+ cosine': { losses: { patch_cosine: 1 } } },
  seeds: [0],
};

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;

let folder = '';
let plan = '';
let runs = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ablation-'));
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache };
  runs = path.join(folder, 'library', 'runs');
  plan = path.join(folder, 'plan');
  mkdirSync(plan);
  writeFileSync(path.join(plan, 'ablation.yaml'), stringify(grid));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ids = () => readdirSync(runs).filter((name) => !name.startsWith('.'));
const list = async () => JSON.parse((await cli(['train', plan, '--list', '--json'], env)).stdout);
const states = async (): Promise<string[]> => (await list()).runs.map((r: { state: string }) => r.state);

test('wrong arguments are refused with exit code 2', async () => {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  const refused = await Promise.all([
    cli(['train', empty], env),
    cli(['train', plan, '--set', 'model.depht=2'], env),
    cli(['train', path.join(plan, 'ablation.yaml'), '--list'], env),
  ]);
  expect(refused.map((r) => [r.code, /\[([A-Z_]+)\]/.exec(r.stderr)?.[1]])).toEqual([
    [2, 'RECIPE_UNREADABLE'],
    [2, 'RECIPE_INVALID'],
    [2, 'USAGE'],
  ]);
});

describe.skipIf(missing !== '')(`a folder of recipes${missing}`, () => {
  test('is interrupted, goes on where it was, trains nothing twice and writes one table', async () => {
    expect(await list()).toMatchObject({ done: 0, seconds_left: null });

    const first = startCli(['train', plan], env);
    let said = '';
    first.child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('[2/2] + cosine, seed 0: begins') && /\[2\/2\][\s\S]*\nrunning\n/.test(said));
    first.child.kill('SIGINT');
    const stopped = await first.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain('1 of 2 runs are done');
    expect(await states()).toEqual(['done', 'interrupted']);

    const second = await cli(['train', plan, '--json'], env);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain('[1/2] plain, seed 0: done');
    expect(second.stderr).toContain('[2/2] + cosine, seed 0: goes on');
    const table = JSON.parse(second.stdout);
    expect(table).toMatchObject({ name: 'Two plans', done: 2, of: 2 });
    expect(table.rows.map((r: { variant: string }) => r.variant)).toEqual(['plain', '+ cosine']);
    const [text, numbers] = table.files.map((file: string) => readFileSync(file, 'utf8'));
    expect(text).toContain('| + cosine | 1 | 1 |');
    const { files: _, ...shown } = table;
    expect(JSON.parse(numbers)).toEqual(shown);

    expect(ids()).toHaveLength(2);
    for (const id of ids()) {
      const view = viewRun(path.join(runs, id));
      expect(view).toMatchObject({ status: 'done', run: { attempts: id.includes('cosine') ? 2 : 1 } });
      expect(readMetrics(view.dir).lines.map((l) => l.step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    }
  });

  test('started again when all is done, it only writes the table', async () => {
    const out = path.join(folder, 'out');
    const { code, stderr } = await cli(['train', plan, '--out', out], env);
    expect(code).toBe(0);
    expect(stderr).not.toContain('begins');
    expect(readdirSync(out).sort()).toEqual(['table.json', 'table.md']);
    expect(ids()).toHaveLength(2);
  });

  test('one that failed is said and left alone until --retry', async () => {
    const file = path.join(runs, ids().find((id) => id.includes('cosine')) ?? '', 'run.json');
    const run = JSON.parse(readFileSync(file, 'utf8'));
    const error = { code: 'WORKER_DIED', message: 'it was killed', hint: '', problems: [] };
    writeFileSync(file, JSON.stringify({ ...run, status: 'diverged', error }));
    const again = await cli(['train', plan], env);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('diverged: it was killed');
    expect(ids()).toHaveLength(2);
    const retried = await cli(['train', plan, '--retry'], env);
    expect(retried.code).toBe(0);
    expect(ids()).toHaveLength(3);
    expect(await states()).toEqual(['done', 'done']);
  });
});
