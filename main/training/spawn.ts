// Starts a plain Node process with an IPC channel and tells what comes out of it. It knows neither jobs nor states.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ToWorker } from '../../contract/worker-api.ts';
import type { Exit } from './life.ts';

export interface SpawnOptions {
  node: string;
  script: string;
  env: Readonly<Record<string, string | undefined>>;
  /** File that stdout and stderr are appended to; null: their last 64 KB are kept in memory. */
  log: string | null;
}

export interface WorkerEvents {
  message(raw: unknown): void;
  /** Once, after the last message was delivered. `error`: the process could not be started at all. */
  exit(exit: Exit, error?: Error): void;
}

export interface WorkerProcess {
  /** Undefined where the system refused to start it. */
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  kill(signal: NodeJS.Signals): void;
  /** What it wrote last, where that is not a file. */
  tail(): string;
}

const tailBytes = 64 * 1024;
/** How long the last messages of a process that ended are waited for. */
const drainMs = 2000;

export function spawnWorker(options: SpawnOptions, events: WorkerEvents): WorkerProcess {
  const output = options.log === null ? 'pipe' : openSync(options.log, 'a');
  let child: ChildProcess;
  try {
    child = spawn(options.node, ['--enable-source-maps', options.script], {
      stdio: ['ignore', output, output, 'ipc'],
      serialization: 'json',
      env: options.env,
      // A process group of its own: Ctrl-C in the terminal reaches the command line alone, which then asks the worker to stop.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
  } finally {
    if (typeof output === 'number') closeSync(output);
  }
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-tailBytes);
    });
  child.on('message', (raw) => events.message(raw));
  let over = false;
  let drain: NodeJS.Timeout | undefined;
  const end = (exit: Exit, error?: Error) => {
    if (over) return;
    over = true;
    clearTimeout(drain);
    events.exit(exit, error);
  };
  child.on('error', (e) => {
    if (child.pid === undefined) end({ code: null, signal: null }, e);
  });
  child.on('exit', (code, signal) => {
    if (!child.connected) return end({ code, signal });
    child.once('disconnect', () => end({ code, signal }));
    drain = setTimeout(() => end({ code, signal }), drainMs);
  });
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message, () => {}); // a process that has gone reports itself by its exit
    },
    kill: (signal) => void child.kill(signal),
    tail: () => tail,
  };
}
