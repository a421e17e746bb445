// Installation of an engine from small real wheels: what is refused, what survives a stop, a kill and a full disk.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type EnginePlan,
  type EngineProgress,
  installEngine,
  installPlan,
  programOnPath,
  verifyEngine,
} from '../../main/engines/index.ts';
import { type FakeEngine, makeFakeEngine, writeWheel, zip } from './engines-fake.ts';

const root = path.resolve(import.meta.dirname, '../..');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-engines-'));
afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

let cache = '';
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(work, 'cache-'));
});
const below = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []);
const onePlan = (wheel: EnginePlan['wheels'][number]): EnginePlan => ({
  name: 'fake',
  version: '1',
  wheels: [wheel],
  installedBytes: 1000,
  bindingSources: [],
});

describe('a wheel that is not what it should be', () => {
  test('another hash: both hashes are named and nothing changes', async () => {
    const file = path.join(cache, 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl');
    fs.writeFileSync(file, 'not a wheel');
    const error = await installEngine('cpu', { from: [file], cache: path.join(cache, 'c') }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ENGINE_HASH_MISMATCH' });
    expect((error as Error).message).toContain('2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c');
    expect((error as Error).message).toMatch(/found [0-9a-f]{64}/);
    expect(below(path.join(cache, 'c', 'engines'))).toEqual([]);
  });

  test('an unknown file is refused with the names that would do', async () => {
    const file = path.join(cache, 'torch.whl');
    fs.writeFileSync(file, 'x');
    await expect(installEngine('cuda', { from: [file], cache })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: expect.stringContaining('nvidia_cudnn_cu12'),
    });
  });

  test.each([
    ['../../../evil', 'a relative path upwards'],
    ['/unsmooth-evil', 'an absolute path'],
    ['nvidia/part/lib/../../../../../evil', 'a path upwards below a wanted folder'],
  ])('%s (%s) is refused', async (entry) => {
    const wheel = writeWheel(cache, 'slip-1.0-py3-none-any.whl', zip({ [entry]: Buffer.from('evil') }));
    const from = [path.join(cache, wheel.file)];
    await expect(installPlan(onePlan(wheel), { from, cache })).rejects.toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: expect.stringMatching(/relative path|absolute path/),
    });
    expect(fs.readdirSync(work, { recursive: true }).filter((f) => String(f).endsWith('evil'))).toEqual([]);
    expect(below(path.join(cache, 'engines'))).toEqual([]);
  });

  test('a truncated wheel is refused by name', async () => {
    const whole = zip({ 'nvidia/part/lib/a.so': Buffer.alloc(5000, 1) });
    const wheel = writeWheel(cache, 'cut-1.0-py3-none-any.whl', whole.subarray(0, 3000));
    const error = installPlan(onePlan(wheel), { from: [path.join(cache, wheel.file)], cache });
    await expect(error).rejects.toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: expect.stringContaining('cut-1.0'),
    });
  });
});

test('without pip the way over local files is shown', async () => {
  const before = process.env.PATH;
  process.env.PATH = '';
  try {
    const wheel = { file: 'gone-1.0-py3-none-any.whl', sha256: '0'.repeat(64), bytes: 10 };
    const error = installPlan(onePlan(wheel), { cache });
    await expect(error).rejects.toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      hint: expect.stringContaining('--from'),
    });
  } finally {
    process.env.PATH = before;
  }
});

test('an engine that cannot fit is refused before anything is fetched', async () => {
  const wheel = { file: 'big-1.0-py3-none-any.whl', sha256: '0'.repeat(64), bytes: 1e15 };
  const told: EngineProgress[] = [];
  const error = installPlan(onePlan(wheel), { cache, onProgress: (p) => told.push(p) });
  await expect(error).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(/needs .* are free/) });
  expect(told.map((p) => p.phase)).toEqual(['plan']);
});

const compiler = programOnPath('g++') !== null;
const reason = compiler ? '' : ' (skipped: no g++)';

describe.skipIf(!compiler)(`an engine made of small wheels${reason}`, () => {
  let fake: FakeEngine;
  beforeAll(() => {
    fake = makeFakeEngine(path.join(work, 'fake'), 30_000_000);
  });
  const engine = () => path.join(cache, 'engines', 'fake');

  /** As if pip had fetched them. */
  function putDownloads(): string {
    const downloads = path.join(cache, 'downloads', 'fake');
    fs.mkdirSync(downloads, { recursive: true });
    for (const f of fake.files) fs.copyFileSync(f, path.join(downloads, path.basename(f)));
    return downloads;
  }

  test('is unpacked, compiled, loaded and recorded; only what is needed stays', async () => {
    const done = await installPlan(fake.plan, { from: fake.files, cache });
    expect(done).toMatchObject({ name: 'fake', folder: engine() });
    expect(below(path.join(cache, 'engines'))).toEqual(['fake']);
    expect(below(engine())).toEqual(['deps', 'engine.json', 'lib']);
    expect(below(path.join(engine(), 'deps', 'nvidia', 'part'))).toEqual(['lib']);
    expect(below(path.join(cache, 'downloads'))).toEqual([]);
    expect(await verifyEngine('fake', engine())).toMatchObject({ version: '9.9.9', gpu: false });
  });

  test('a failing second installation leaves the first one as it was', async () => {
    await installPlan(fake.plan, { from: fake.files, cache });
    const record = fs.readFileSync(path.join(engine(), 'engine.json'), 'utf8');
    const bad = path.join(cache, 'fake-1.0-py3-none-any.whl');
    fs.writeFileSync(bad, 'x');
    await expect(installPlan(fake.plan, { from: [bad], cache })).rejects.toMatchObject({
      code: 'ENGINE_HASH_MISMATCH',
    });
    const broken = { ...fake.plan, bindingSources: [bad] };
    await expect(installPlan(broken, { from: fake.files, cache })).rejects.toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
    });
    expect(fs.readFileSync(path.join(engine(), 'engine.json'), 'utf8')).toBe(record);
    expect(below(path.join(cache, 'engines'))).toEqual(['fake']);
  });

  test('a damaged download is fetched again, a whole one is kept when stopped', async () => {
    const downloads = putDownloads();
    const stop = new AbortController();
    const onProgress = (p: EngineProgress) => p.phase === 'unpack' && stop.abort();
    const error = installPlan(fake.plan, { cache, signal: stop.signal, onProgress });
    await expect(error).rejects.toMatchObject({ code: 'STOPPED', message: expect.stringContaining('2 of 2 files') });
    expect(below(downloads)).toEqual(fake.plan.wheels.map((w) => w.file).sort());
    expect(below(path.join(cache, 'engines'))).toEqual([]);

    fs.truncateSync(path.join(downloads, fake.plan.wheels[1]!.file), 100);
    await installPlan(fake.plan, { cache, from: [fake.files[1]!] });
    expect(below(path.join(cache, 'engines'))).toEqual(['fake']);
  });

  const script = `const e = require(${JSON.stringify(path.join(root, 'dist', 'engines.cjs'))});
e.installPlan(JSON.parse(process.argv[1]), { cache: process.argv[2], onProgress: (p) => console.log(p.phase) })
  .then(() => console.log('end'), (x) => { console.log(x.code, x.message); process.exitCode = 1; });`;
  const start = () => spawn(process.execPath, ['-e', script, JSON.stringify(fake.plan), cache]);

  test.each(['plan', 'unpack', 'build', 'verify', 'done'])(
    'killed at "%s", a second installation ends well',
    async (phase) => {
      putDownloads();
      const child = start();
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (d: Buffer) => d.toString().split('\n').includes(phase) && child.kill('SIGKILL'));
        child.on('close', () => resolve());
      });
      if (fs.existsSync(engine())) expect(await verifyEngine('fake', engine())).toMatchObject({ version: '9.9.9' });
      await installPlan(fake.plan, { cache, from: fake.files });
      expect(await verifyEngine('fake', engine())).toMatchObject({ version: '9.9.9' });
      expect(below(path.join(cache, 'engines'))).toEqual(['fake']);
      expect(below(path.join(cache, 'locks'))).toEqual([]);
    },
  );

  test('two at once: one waits for the other, both end well', async () => {
    const plans = [0, 1].map(async () => {
      const seen: string[] = [];
      await installPlan(fake.plan, { cache, from: fake.files, onProgress: (p) => seen.push(p.phase) });
      return seen;
    });
    const seen = await Promise.all(plans);
    expect(seen.filter((s) => s.includes('wait'))).toHaveLength(1);
    expect(below(path.join(cache, 'engines'))).toEqual(['fake']);
  });

  test('a disk that fills up while unpacking', async ({ skip, onTestFinished }) => {
    const disk = path.join(cache, 'small-disk');
    fs.mkdirSync(disk);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    if (mount.status !== 0) skip('needs the right to mount a small disk');
    onTestFinished(() => {
      execFileSync('umount', [disk]);
    });
    const plan = { ...fake.plan, installedBytes: 1000 };
    await expect(installPlan(plan, { cache: disk, from: fake.files })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(below(path.join(disk, 'engines'))).toEqual([]);
  });
});
