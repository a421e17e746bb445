import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe } from '../../contract/recipe.ts';
import { readSaved } from '../../contract/saved/format.ts';
import { layersLine, metricsLine, readLines } from '../../contract/saved/lines.ts';
import { checkpointIndexFormat, type Owner, ownerFormat, runFormat } from '../../contract/saved/run.ts';
import { identifyProcess } from '../../core/owner.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { recipeToYaml } from '../../native-worker/run-folder/recipe-file.ts';
import { RunFolder } from '../../native-worker/run-folder/run-folder.ts';
import { nodeSystem } from '../../native-worker/run-folder/system.ts';
import { tinyCheckpoint, tinyRun } from './run-folder.fixtures.ts';

let root = '';
let dir = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'run-'));
  dir = join(root, 'run');
});
afterEach(() => rmSync(root, { recursive: true }));

const create = () => RunFolder.create(dir, tinyRun(), recipeToYaml(tinyRun().recipe));
const json = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), 'utf8'));
const text = (name: string) => readFileSync(join(dir, name), 'utf8');
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (e) {
    if (e instanceof UnsmoothError) return e.code;
    throw e;
  }
  return 'nothing thrown';
};
const line = (step: number, loss = 1) => ({ step, epoch: 0, wall: 0, 'train/loss': loss });
const checkpointFiles = () => readdirSync(join(dir, 'checkpoints')).sort();
const stepOf = (path: string) => {
  const file = readSafetensors(path);
  const values = [...file.tensors.keys()].flatMap((name) => [...file.readFloat32(name)]);
  file.close();
  expect(new Set(values).size).toBe(1);
  return values[0];
};

/** The child that is killed, as a script this Node runs. */
function buildChild(): string {
  const script = join(root, 'child.mjs');
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" };
  buildSync({
    entryPoints: [join(import.meta.dirname, 'run-folder.kill-child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    banner,
  });
  return script;
}

describe('a run folder', () => {
  test('has what the product says, readable by version', () => {
    const folder = create();
    folder.appendMetrics(line(1));
    folder.appendLayers({
      step: 1,
      epoch: 0,
      probe: { split: 'val', images: 2 },
      tap: 'norm',
      tokens: 'patches',
      metrics: { cos: [Number.NaN, 1] },
      spread: {},
    });
    folder.saveCheckpoint(tinyCheckpoint(1));
    folder.log('begun');
    folder.updateRun({ status: 'done', summary: { ...folder.run.summary, 'val/loss': Number.POSITIVE_INFINITY } });
    expect(readSaved(ownerFormat, json('owner.json'), 'owner.json')).toMatchObject({ pid: process.pid, attempt: 1 });
    folder.close();
    expect(
      readdirSync(dir)
        .map((n) => n.replace(/tfevents.*/, 'tfevents'))
        .sort(),
    ).toEqual([
      'checkpoints',
      'events.out.tfevents',
      'layers.jsonl',
      'log.txt',
      'metrics.jsonl',
      'recipe.yaml',
      'run.json',
    ]);
    expect(readSaved(runFormat, json('run.json'), 'run.json').summary['val/loss']).toBe('Infinity');
    expect(readLines(text('layers.jsonl'), layersLine).lines[0]?.metrics.cos).toEqual(['NaN', 1]);
    expect(text('log.txt')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z begun\n$/);
    expect(checkpointFiles()).toEqual(['1.safetensors', '1.state.safetensors', 'index.json']);
    expect(parseRecipe(parse(text('recipe.yaml')))).toEqual(tinyRun().recipe);
  });

  test('is not made over another run', () => {
    create().close();
    expect(codeOf(create)).toBe('FILE_IO');
  });

  test('numbers that are not finite are strings', () => {
    const folder = create();
    folder.appendMetrics({ ...line(1, Number.NaN), a: Number.POSITIVE_INFINITY, b: '-Infinity' });
    folder.close();
    expect(JSON.parse(text('metrics.jsonl'))).toMatchObject({ 'train/loss': 'NaN', a: 'Infinity', b: '-Infinity' });
  });
});

describe('resuming', () => {
  test('counts the attempt, ends a torn line, marks the place, begins a later event file', () => {
    const first = create();
    for (const step of [1, 2, 3]) first.appendMetrics(line(step));
    first.close();
    appendFileSync(join(dir, 'metrics.jsonl'), '{"step":4,"ep');
    const second = RunFolder.resume(dir);
    second.resumedFrom(2);
    second.appendMetrics(line(3, 9));
    expect([second.attempt, second.run.attempts, readSaved(runFormat, json('run.json'), '').attempts]).toEqual([
      2, 2, 2,
    ]);
    second.close();
    const { lines, broken } = readLines(text('metrics.jsonl'), metricsLine);
    expect(broken).toBe(1);
    expect(lines.map((l) => [l.step, l['train/loss']])).toEqual([
      [1, 1],
      [2, 1],
      [3, 9],
    ]);
    expect(text('layers.jsonl')).toBe('{"resumed_from":2}\n');
    const events = readdirSync(dir)
      .filter((n) => n.includes('tfevents'))
      .sort();
    expect(events.map((n) => n.split('.').at(-1))).toEqual(['1', '2']);
  });

  test('is refused while the owner lives, here and on another host', () => {
    const folder = create();
    expect(codeOf(() => RunFolder.resume(dir))).toBe('RUN_ALIVE');
    folder.close();
    const elsewhere: Owner = {
      version: 1,
      pid: 1,
      process_start: '1',
      boot_id: 'x',
      host: 'elsewhere.example',
      attempt: 1,
    };
    writeFileSync(join(dir, 'owner.json'), JSON.stringify(elsewhere));
    expect(codeOf(() => RunFolder.resume(dir))).toBe('RUN_ALIVE');
  });

  test.each([
    [
      'a finished run',
      () => writeFileSync(join(dir, 'run.json'), JSON.stringify({ ...tinyRun(), status: 'done' })),
      'RUN_NOT_RESUMABLE',
    ],
    [
      'a newer one',
      () => writeFileSync(join(dir, 'run.json'), JSON.stringify({ ...tinyRun(), version: 2 })),
      'RUN_NEWER',
    ],
    ['a damaged one', () => truncateSync(join(dir, 'run.json'), 50), 'INPUT_INVALID'],
    ['none', () => rmSync(join(dir, 'run.json')), 'RUN_NOT_FOUND'],
  ])('is refused for %s, and the folder is left alone', (_, spoil, code) => {
    create().close();
    spoil();
    const before = readdirSync(dir).sort();
    expect(codeOf(() => RunFolder.resume(dir))).toBe(code);
    expect(readdirSync(dir).sort()).toEqual(before);
  });

  test('a dead owner is replaced; a claim left by a kill does not block', () => {
    create().close();
    const me = identifyProcess(process.pid, nodeSystem);
    if (!me) throw new Error('not seen');
    const dead: Owner = { version: 1, ...me, process_start: '1', attempt: 5 };
    writeFileSync(join(dir, 'owner.json'), JSON.stringify(dead));
    writeFileSync(join(dir, 'owner.6.claim'), JSON.stringify({ ...dead, attempt: 6 }));
    writeFileSync(join(dir, 'owner.7.claim'), '{"version":1,"pi');
    const folder = RunFolder.resume(dir);
    expect(folder.attempt).toBe(8);
    expect(readdirSync(dir).filter((n) => n.includes('claim'))).toEqual([]);
    folder.close();
  });

  test('a living claim blocks', () => {
    create().close();
    const claim: Owner = { version: 1, ...(identifyProcess(process.ppid, nodeSystem) ?? expect.fail()), attempt: 2 };
    writeFileSync(join(dir, 'owner.2.claim'), JSON.stringify(claim));
    expect(codeOf(() => RunFolder.resume(dir))).toBe('RUN_ALIVE');
  });

  test('of several that resume a dead run at once, one gets it', { timeout: 60_000 }, async () => {
    create().close();
    const script = buildChild();
    const outcomes = Array.from({ length: 4 }, () => {
      const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'ignore'] });
      const first = Promise.race([
        once(child.stdout, 'data').then(() => 'owner'),
        once(child, 'exit').then(([code]) => `exit ${code}`),
      ]);
      return { child, first };
    });
    const results = await Promise.all(outcomes.map((o) => o.first));
    for (const { child } of outcomes) child.kill('SIGKILL');
    expect(results.sort()).toEqual(['exit 1', 'exit 1', 'exit 1', 'owner']);
    await Promise.all(outcomes.map(({ child }) => (child.exitCode ?? child.signalCode) || once(child, 'exit')));
  });

  test('an owner that was replaced notices, and leaves the folder to its successor', () => {
    const old = create();
    old.assertOwner();
    rmSync(join(dir, 'owner.json')); // as the message for a lost machine tells the user
    const successor = RunFolder.resume(dir);
    expect(codeOf(() => old.assertOwner())).toBe('RUN_ALIVE');
    expect(codeOf(() => old.updateRun({ status: 'failed' }))).toBe('RUN_ALIVE');
    expect(codeOf(() => old.saveCheckpoint(tinyCheckpoint(1)))).toBe('RUN_ALIVE');
    old.close();
    successor.assertOwner();
    successor.close();
  });
});

describe('checkpoints', () => {
  test('the newest stay, and the best by val/top1', () => {
    const folder = create();
    const top1 = [0.5, 0.9, 0.7, Number.NaN, 0.6, 0.2];
    for (const [i, x] of top1.entries()) folder.saveCheckpoint(tinyCheckpoint(i + 1, { 'val/top1': x }, { keep: 2 }));
    expect(folder.checkpoints.map((c) => c.step)).toEqual([2, 5, 6]);
    folder.close();
    expect(checkpointFiles()).toHaveLength(7);
    const index = readSaved(checkpointIndexFormat, json('checkpoints/index.json'), 'index.json');
    const sizes = ['2.safetensors', '2.state.safetensors'].map((n) => readFileSync(join(dir, 'checkpoints', n)).length);
    expect(index.checkpoints[0]).toMatchObject({ step: 2, weights: '2.safetensors', bytes: sizes[0]! + sizes[1]! });
  });

  test('of a step saved twice the metrics are joined', () => {
    const folder = create();
    folder.saveCheckpoint(tinyCheckpoint(1, { 'train/loss': 2 }));
    folder.saveCheckpoint(tinyCheckpoint(1, { 'val/top1': 0.5 }));
    expect(folder.checkpoints).toHaveLength(1);
    expect(folder.checkpoints[0]?.metrics).toEqual({ 'train/loss': 2, 'val/top1': 0.5 });
    folder.close();
  });

  test('the newest whole one counts; a damaged one is logged, and forgotten when training goes on before it', () => {
    const first = create();
    for (const step of [1, 2, 3]) first.saveCheckpoint(tinyCheckpoint(step));
    first.close();
    truncateSync(join(dir, 'checkpoints', '3.state.safetensors'), 100);
    rmSync(join(dir, 'checkpoints', '2.safetensors'));
    const second = RunFolder.resume(dir);
    const latest = second.latestCheckpoint();
    expect(latest?.entry.step).toBe(1);
    expect(stepOf(latest?.weightsPath ?? '')).toBe(1);
    expect(text('log.txt')).toMatch(/step 3 skipped: .*3\.state\.safetensors.*\n.*step 2 skipped/);
    second.resumedFrom(1);
    expect(checkpointFiles()).toEqual(['1.safetensors', '1.state.safetensors', 'index.json']);
    second.close();
  });

  test('what a kill left is removed at the next start, what is not ours stays', () => {
    create().close();
    const left = ['9.safetensors', '9.state.safetensors', '9.safetensors.77.unsmooth-tmp', 'mine.safetensors'];
    for (const name of left) writeFileSync(join(dir, 'checkpoints', name), 'x');
    for (const name of ['run.json', 'notes.json']) writeFileSync(join(dir, `${name}.77.unsmooth-tmp`), 'x');
    RunFolder.resume(dir).close();
    expect(checkpointFiles()).toEqual(['mine.safetensors']);
    expect(readdirSync(dir).filter((n) => n.endsWith('tmp'))).toEqual(['notes.json.77.unsmooth-tmp']);
  });

  test.each(['lost', 'damaged'])('a %s index is made anew from the pairs that are whole', (how) => {
    const folder = create();
    for (const step of [1, 2, 3]) folder.saveCheckpoint(tinyCheckpoint(step, { 'val/top1': 90 - step }));
    const before = folder.checkpoints.map(({ created: _, ...entry }) => entry);
    folder.close();
    if (how === 'lost') rmSync(join(dir, 'checkpoints/index.json'));
    else writeFileSync(join(dir, 'checkpoints/index.json'), '{"version": 1, "checkp');
    truncateSync(join(dir, 'checkpoints/3.state.safetensors'), 100);
    const again = RunFolder.resume(dir);
    expect(again.checkpoints.map(({ created: _, ...entry }) => entry)).toEqual(before.slice(0, 2));
    expect(stepOf(again.latestCheckpoint()?.weightsPath ?? '')).toBe(2);
    again.close();
    expect(RunFolder.resume(dir).checkpoints).toHaveLength(2);
  });

  test('killed at random moments, again and again: always a usable index, no step lost that was said to be saved', {
    timeout: 60_000,
  }, async () => {
    const script = buildChild();
    let reported = 0;
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exit = once(child, 'exit');
      const said: string[] = [];
      const lines = createInterface(child.stdout).on('line', (line) => said.push(line));
      while (said.length <= round % 3) await once(lines, 'line');
      expect(codeOf(() => RunFolder.resume(dir))).toBe('RUN_ALIVE');
      await new Promise((done) => setTimeout(done, 60 * Math.random()));
      child.kill('SIGKILL');
      expect((await exit)[1]).toBe('SIGKILL');
      reported = Number(said.at(-1)) || reported;
      const folder = RunFolder.resume(dir);
      const latest = folder.latestCheckpoint();
      const step = latest?.entry.step ?? 0;
      expect(step).toBeGreaterThanOrEqual(reported);
      expect(folder.run.progress?.step ?? 0).toBeGreaterThanOrEqual(step);
      for (const c of folder.checkpoints) {
        expect(stepOf(join(dir, 'checkpoints', c.weights))).toBe(c.step);
        expect(stepOf(join(dir, 'checkpoints', c.state))).toBe(c.step);
      }
      expect(checkpointFiles().filter((n) => n !== 'index.json')).toHaveLength(2 * folder.checkpoints.length);
      folder.resumedFrom(step);
      folder.close();
      const read = readLines(text('metrics.jsonl'), metricsLine);
      expect(read.broken).toBeLessThanOrEqual(round + 1);
      expect(read.lines.map((l) => l.step)).toEqual(Array.from({ length: step }, (_, i) => i + 1));
    }
    expect(reported).toBeGreaterThanOrEqual(9);
    expect(RunFolder.resume(dir).checkpoints.map((c) => c.step)).toContain(3);
  });
});

describe('a full disk', () => {
  const mounted = (): boolean => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
    mkdirSync(dir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', dir], { stdio: 'ignore' });
      return true;
    } catch {
      return false; // no right to mount here
    }
  };

  test('is DISK_FULL wherever it is met; earlier files stay whole; it goes on when there is room', ({ skip }) => {
    if (!mounted()) skip('needs root on Linux and the right to mount a tmpfs');
    try {
      const folder = create();
      folder.saveCheckpoint(tinyCheckpoint(1));
      const run = text('run.json');
      const ballast = join(dir, 'ballast');
      expect(() => writeFileSync(ballast, Buffer.alloc(2 ** 20))).toThrow('ENOSPC');

      expect(codeOf(() => folder.saveCheckpoint(tinyCheckpoint(2, {}, { size: 5000 })))).toBe('DISK_FULL');
      expect(codeOf(() => folder.updateRun({ status: 'paused' }))).toBe('DISK_FULL');
      expect(text('run.json')).toBe(run);
      expect(folder.run.status).toBe('running');
      let step = 0;
      let refused = 'nothing thrown';
      while (refused === 'nothing thrown' && step < 10_000) {
        step++;
        refused = codeOf(() => folder.appendMetrics({ ...line(step), [`long/${'x'.repeat(500)}`]: 0 }));
      }
      expect(refused).toBe('DISK_FULL');
      folder.log('no room: '.padEnd(9000, '.'));
      const whole = readLines(text('metrics.jsonl'), metricsLine);
      expect([whole.lines.length, whole.broken]).toEqual([step - 1, 0]);
      expect(stepOf(folder.latestCheckpoint()?.weightsPath ?? '')).toBe(1);
      expect(readdirSync(join(dir, 'checkpoints')).filter((n) => n.includes('2.') || n.includes('tmp'))).toEqual([]);

      rmSync(ballast);
      folder.appendMetrics({ ...line(step), [`long/${'x'.repeat(500)}`]: 0 });
      folder.saveCheckpoint(tinyCheckpoint(2));
      folder.updateRun({ status: 'running' });
      folder.log('room again');
      folder.close();
      const after = readLines(text('metrics.jsonl'), metricsLine);
      expect([after.lines.length, after.broken]).toEqual([step, 0]);
      expect(text('log.txt')).toMatch(/no room.*\n.*room again\n$/);
      const events = readFileSync(join(dir, readdirSync(dir).find((n) => n.includes('tfevents')) ?? ''));
      let [at, records] = [0, 0];
      for (; at < events.length; records++) at += 16 + Number(events.readBigUInt64LE(at));
      expect([at, records]).toEqual([events.length, 1 + step]);
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});
