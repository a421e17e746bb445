// Every way a worker's life can go, each with a real process.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import type { FromWorker, Job } from '../../contract/worker-api.ts';
import { viewRun } from '../../main/runs/view.ts';
import { DeviceQueue } from '../../main/training/queue.ts';
import { startWorker } from '../../main/training/start.ts';
import { defaultLimits, type Limits, supervise } from '../../main/training/supervise.ts';
import { tinyRun } from '../unit/run-folder.fixtures.ts';

const script = fileURLToPath(new URL('./supervisor-worker.mjs', import.meta.url));
const job: Job = { type: 'inspect', file: '/nowhere', heads: null };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'supervisor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a worker that behaves so, and gathers what it says and what it goes through. */
function start(behaviour: string, limits: Partial<Limits> = {}) {
  const messages: FromWorker[] = [];
  const states: string[] = [];
  const worker = supervise(
    job,
    { node: process.execPath, script, env: { ...process.env, BEHAVIOUR: behaviour }, log: null },
    {
      message: (m) => messages.push(m),
      life: (l) => states.push(l.state === 'ending' ? `ending:${l.why}` : l.state),
    },
    { ...defaultLimits, ...limits },
  );
  const failure = worker.done.then(
    () => expect.fail('the worker gave a result'),
    (e: unknown) => (e instanceof UnsmoothError ? e : expect.fail(String(e))),
  );
  return { worker, messages, states, failure };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a worker that dies', () => {
  test('before it is ready', async () => {
    const { failure, states } = start('exits before ready');
    expect(await failure).toMatchObject({
      code: 'WORKER_DIED',
      message: 'the worker ended with code 3 before it was ready',
    });
    expect(states).toEqual(['spawned', 'ended']);
  });

  test('with words of its own, which are passed on', async () => {
    const { failure } = start('exits before ready with words');
    expect((await failure).message).toBe(
      'the worker ended with code 4 before it was ready; its last words: cannot open the library',
    );
  });

  test('by kill -9 while it works', async () => {
    const { failure, states, worker } = start('works');
    await until(() => worker.life.state === 'working');
    worker.kill();
    expect(await failure).toMatchObject({ code: 'WORKER_DIED' });
    expect((await failure).message).toContain('was killed by SIGKILL');
    expect(states).toEqual(['spawned', 'ready', 'working', 'ended']);
    expect(worker.life).toMatchObject({ state: 'ended', exit: { code: null, signal: 'SIGKILL' } });
  });

  test('since its program cannot be started', async () => {
    const worker = supervise(job, { node: path.join(folder, 'no-node'), script, env: process.env, log: null });
    await expect(worker.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(worker.life.state).toBe('ended');
  });

  test('keeps the end of what it wrote', async () => {
    const { failure, worker } = start('writes much');
    await failure;
    expect(worker.tail().length).toBeLessThanOrEqual(64 * 1024);
    expect(worker.tail().endsWith('line 19999\n')).toBe(true);
  });
});

describe('a worker that breaks the protocol is ended', () => {
  test.for([
    ['sends an unknown message', ['spawned', 'ready', 'working', 'ending:condemned', 'ended']],
    ['sends a wrong field', ['spawned', 'ready', 'working', 'ending:condemned', 'ended']],
    ['speaks another version', ['spawned', 'ending:condemned', 'ended']],
    ['is ready twice', ['spawned', 'ready', 'working', 'ending:condemned', 'ended']],
    ['works before it has a job', ['spawned', 'ending:condemned', 'ended']],
  ] as const)('%s', async ([behaviour, expected]) => {
    const { failure, states, worker } = start(behaviour);
    expect(await failure).toMatchObject({ code: 'WORKER_PROTOCOL' });
    expect(states).toEqual(expected);
    expect(worker.life).toMatchObject({ exit: { signal: 'SIGKILL' } });
  });
});

describe('a silent worker is ended', () => {
  test.for([
    ['never speaks', 'spawned'],
    ['falls silent', 'working'],
  ] as const)('%s', async ([behaviour, before]) => {
    const { failure, states } = start(behaviour, { silenceMs: 1500 });
    expect(await failure).toMatchObject({ code: 'WORKER_SILENT' });
    expect(states.slice(states.indexOf(before))).toEqual([before, 'ending:condemned', 'ended']);
  });

  test('but one that goes on beating is not', async () => {
    const { failure, worker } = start('works', { silenceMs: 1500 });
    await until(() => worker.life.state === 'working');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(worker.life.state).toBe('working');
    worker.kill();
    await failure;
  });

  test('frozen by the system (SIGSTOP)', async () => {
    const { failure, worker } = start('works', { silenceMs: 1500 });
    await until(() => worker.life.state === 'working');
    if (worker.life.state === 'working') process.kill(worker.life.pid, 'SIGSTOP');
    expect(await failure).toMatchObject({ code: 'WORKER_SILENT' });
  });
});

describe('stop', () => {
  test.for(['stop', 'interrupt'] as const)('%s is answered by the worker', async (how) => {
    const { failure, states, worker } = start('ends politely');
    await until(() => worker.life.state === 'working');
    worker[how]();
    worker[how](); // asking twice changes nothing
    expect(await failure).toMatchObject({ code: 'STOPPED' });
    expect(states).toEqual(['spawned', 'ready', 'working', 'ending:asked', 'ending:said', 'ended']);
    expect(worker.life).toMatchObject({ exit: { code: 130 } });
  });

  test('is not answered in time', async () => {
    const { failure, states, worker } = start('is deaf', { stopMs: 300 });
    await until(() => worker.life.state === 'working');
    worker.stop();
    expect(await failure).toMatchObject({
      code: 'WORKER_SILENT',
      message: expect.stringContaining('did not stop within 0.3 s'),
    });
    expect(states).toEqual(['spawned', 'ready', 'working', 'ending:asked', 'ending:condemned', 'ended']);
  });

  test('before the worker is ready: it never gets the job', async () => {
    const { failure, states, worker } = start('says what it was told');
    worker.stop();
    expect(await failure).toMatchObject({ code: 'STOPPED' });
    expect(states).toEqual(['spawned', 'ending:asked', 'ending:said', 'ended']);
  });

  test('after the end does nothing', async () => {
    const { failure, worker } = start('exits before ready');
    await failure;
    worker.stop();
    worker.interrupt();
    expect(worker.life.state).toBe('ended');
  });
});

describe('messages', () => {
  test('orders reach the worker in turn', async () => {
    const { failure, messages, worker } = start('says what it was told');
    await until(() => messages.some((m) => m.type === 'log'));
    worker.pause();
    worker.continue();
    worker.checkpoint();
    worker.stop();
    await failure;
    const told = messages.flatMap((m) => (m.type === 'log' ? [m.text] : []));
    expect(told).toEqual(['start', 'pause', 'continue', 'checkpoint', 'stop']);
  });

  test('everything said before the exit arrives', async () => {
    const { failure, messages } = start('says much and exits');
    await failure;
    const steps = messages.flatMap((m) => (m.type === 'metrics' ? m.lines.map((l) => l.step) : []));
    expect(steps).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
  });

  test('a worker that does not exit after its last message is ended; what it said stands', async () => {
    const { failure, states, worker } = start('lingers after its last message', { exitMs: 200 });
    expect(await failure).toMatchObject({ code: 'INPUT_INVALID', message: 'a bad file' });
    expect(states.slice(-2)).toEqual(['ending:said', 'ended']);
    expect(worker.life).toMatchObject({ exit: { signal: 'SIGKILL' } });
  });
});

describe('startWorker', () => {
  const train = (dir: string): Job => ({
    type: 'resume',
    dir,
    dataset: { name: 'mnist', kind: 'idx', path: '/nowhere' },
    engine: { name: 'cpu', dir: null, form: 'xla', threads: 1 },
  });
  const options = (behaviour: string) => {
    process.env.BEHAVIOUR = behaviour;
    return { queue: new DeviceQueue(path.join(folder, 'locks')), script, node: process.execPath };
  };

  test('leaves ended.json where a training dies, and the run is shown as interrupted with the reason', async () => {
    const dir = path.join(folder, 'run');
    const handle = startWorker(train(dir), options('works'));
    await until(() => handle.life.state === 'working');
    writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...tinyRun(), status: 'running', attempts: 1 }));
    handle.kill();
    await expect(handle.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
    const ended = JSON.parse(readFileSync(path.join(dir, 'ended.json'), 'utf8'));
    expect(ended).toMatchObject({ version: 1, attempt: 1, signal: 'SIGKILL', exit_code: null });
    expect(viewRun(dir)).toMatchObject({ kind: 'run', status: 'interrupted', reason: ended.reason, alive: false });
  });

  test('leaves no ended.json where the worker said how it ended', async () => {
    const dir = path.join(folder, 'run');
    const handle = startWorker(train(dir), options('ends politely'));
    await until(() => handle.life.state === 'working');
    handle.stop();
    await expect(handle.done).rejects.toMatchObject({ code: 'STOPPED' });
    expect(existsSync(path.join(dir, 'ended.json'))).toBe(false);
  });

  test('sends what a training writes to log.txt, after what is there', async () => {
    const dir = path.join(folder, 'run');
    const first = startWorker(train(dir), options('exits before ready with words'));
    await expect(first.done).rejects.toMatchObject({ code: 'WORKER_DIED', hint: expect.stringContaining('log.txt') });
    const second = startWorker(train(dir), options('exits before ready with words'));
    await expect(second.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(readFileSync(path.join(dir, 'log.txt'), 'utf8').match(/cannot open the library/g)).toHaveLength(2);
  });

  test('one computing job a device: the second waits, and one that is stopped while it waits never starts', async () => {
    const shared = options('ends politely');
    const told: (number | null)[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      startWorker(train(path.join(folder, name)), { ...shared, queued: (pid) => told.push(pid) }),
    );
    await until(() => a?.life.state === 'working');
    expect([b?.life.state, c?.life.state]).toEqual(['idle', 'idle']);
    expect(told).toEqual([null, null]);
    b?.stop();
    await expect(b?.done).rejects.toMatchObject({ code: 'STOPPED' });
    expect(c?.life.state).toBe('idle');
    a?.stop();
    await expect(a?.done).rejects.toMatchObject({ code: 'STOPPED' });
    await until(() => c?.life.state === 'working');
    c?.stop();
    await expect(c?.done).rejects.toMatchObject({ code: 'STOPPED' });
    expect(existsSync(path.join(folder, 'b'))).toBe(false);
  });

  test('another program has the device: its pid is told, and the job starts when that program is gone', async () => {
    const other = startWorker(train(path.join(folder, 'other')), options('works'));
    await until(() => other.life.state === 'working');
    const told: (number | null)[] = [];
    // A queue of its own over the same lock files, as in another process.
    const mine = startWorker(train(path.join(folder, 'mine')), {
      ...options('works'),
      queued: (pid) => told.push(pid),
    });
    await until(() => told.length > 0);
    expect(told.every((pid) => typeof pid === 'number' && alive(pid))).toBe(true);
    expect(mine.life.state).toBe('idle');
    other.kill();
    await expect(other.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
    await until(() => mine.life.state === 'working');
    mine.kill();
    await expect(mine.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
  });

  test('a job that does not compute is not queued', async () => {
    const shared = options('works');
    const busy = startWorker(train(path.join(folder, 'busy')), shared);
    await until(() => busy.life.state === 'working');
    const quick = startWorker(job, shared);
    await until(() => quick.life.state === 'working');
    for (const handle of [busy, quick]) {
      handle.kill();
      await expect(handle.done).rejects.toMatchObject({ code: 'WORKER_DIED' });
    }
  });
});
