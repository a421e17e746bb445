// The PyTorch side of `unsmooth bench` answers every request with one JSON line, and what it times is a training step.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { python, root } from './python.ts';

const shape = { name: 'small', dim: 32, depth: 2, heads: 2, batch: 4, patch: 4, size: 16, classes: 10 };

interface Answer {
  error?: string;
  step_ms: number[];
  loss: number[];
  rss_import_kb: number;
  rss_peak_kb: number;
  threads: number;
  versions: Record<string, string>;
}

let peer: ChildProcess;
let lines: AsyncIterator<string>;
beforeAll(() => {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive' };
  peer = spawn(python(), ['-B', path.join(root, 'native-worker', 'jobs', 'bench-peer.py')], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  lines = readline.createInterface({ input: peer.stdout! })[Symbol.asyncIterator]();
});
afterAll(() => peer.kill());

async function ask(request: unknown): Promise<Answer> {
  peer.stdin!.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('the peer ended without an answer');
  return JSON.parse(value) as Answer;
}

test('times the steps asked for, and the loss falls', async () => {
  const answer = await ask({ shape, steps: 40, warmup: 1, mode: 'eager' });
  expect(answer.error).toBeUndefined();
  expect(answer.step_ms).toHaveLength(40);
  expect(Math.min(...answer.step_ms)).toBeGreaterThan(0);
  expect(answer.loss.at(-1)!).toBeLessThan(answer.loss[0]! * 0.5);
  expect(answer.threads).toBe(1);
  expect(answer.rss_peak_kb).toBeGreaterThanOrEqual(answer.rss_import_kb);
  expect(answer.versions.torch).toMatch(/^\d/);
});

test('goes on with the same model when asked again', async () => {
  const first = await ask({ shape, steps: 5, mode: 'eager', losses: true });
  const second = await ask({ shape, steps: 5, mode: 'eager', losses: true });
  expect(second.loss[0]!).toBeLessThan(first.loss.at(-1)!);
});

test('the three losses add to cross-entropy', async () => {
  const plain = await ask({ shape, steps: 1, losses: false });
  const all = await ask({ shape, steps: 1, losses: true });
  expect(all.loss[0]!).toBeGreaterThan(plain.loss[0]! + 1);
});

test('autocast trains too', async () => {
  const answer = await ask({ shape, steps: 30, mode: 'autocast' });
  expect(answer.loss.at(-1)!).toBeLessThan(answer.loss[0]!);
});

test('a bad request gets one line with what is wrong, and the next one an answer', async () => {
  expect((await ask('not JSON')).error).toMatch(/JSON/);
  expect((await ask({ steps: 1 })).error).toBe("the request lacks the field 'shape'");
  expect((await ask({ shape, steps: 1, mode: 'fast' })).error).toMatch(/eager, compile or autocast.*'fast'/);
  expect((await ask({ shape, steps: 1 })).step_ms).toHaveLength(1);
});

test('leaves when the program that asked is killed in the middle of a step', async () => {
  const script = path.join(root, 'native-worker', 'jobs', 'bench-peer.py');
  const request = JSON.stringify({
    shape: { ...shape, dim: 256, depth: 12, batch: 64 },
    steps: 10_000,
    warmup: 0,
    mode: 'eager',
  });
  const asker = `const p = require('node:child_process').spawn(${JSON.stringify(python())}, ['-B', ${JSON.stringify(script)}], { stdio: ['pipe', 'ignore', 'ignore'] });
    p.stdin.write(${JSON.stringify(`${request}\n`)}); console.log(p.pid);`;
  const parent = spawn(process.execPath, ['-e', asker], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { value } = await readline.createInterface({ input: parent.stdout! })[Symbol.asyncIterator]().next();
  const pid = Number(value);
  const alive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await new Promise((resolve) => setTimeout(resolve, 4000)); // past the imports, into the steps
  expect(alive()).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(alive, { timeout: 30_000, interval: 100 }).toBe(false);
});
