// The context of this process: its streams, its signals, its environment.
import { UnsmoothError } from '../contract/errors.ts';
import { encodeNumber } from '../contract/numbers.ts';
import { cacheFolder, locksFolder } from '../main/engines/folders.ts';
import { libraryFolder, runsFolder } from '../main/runs/paths.ts';
import { DeviceQueue } from '../main/training/queue.ts';
import type { CliContext } from './context.ts';

/** `args`: the command line, for what must be known before it is parsed: a refused argument too is said as the caller asked. */
export function processContext(args: readonly string[]): CliContext {
  let queue: DeviceQueue | undefined;
  const abort = new AbortController();
  const killers = new Set<() => void>();
  let ending: CliContext['ending'] = 'stop';
  const end = (how: CliContext['ending'], signal: string) => {
    if (abort.signal.aborted) {
      if (how === 'interrupt') return;
      for (const kill of killers) kill();
      process.exit(130);
    }
    ending = how;
    abort.abort(new UnsmoothError('STOPPED', `stopped by ${signal}`));
  };
  process.on('SIGINT', () => end('stop', 'Ctrl-C'));
  process.on('SIGTERM', () => end('interrupt', 'SIGTERM'));
  process.on('SIGHUP', () => end('interrupt', 'SIGHUP'));
  quietPipes();
  return {
    get library() {
      return libraryFolder();
    },
    get runs() {
      return runsFolder(libraryFolder());
    },
    get queue() {
      queue ??= new DeviceQueue(locksFolder(cacheFolder()));
      return queue;
    },
    wantsJson: args.includes('--json'),
    debug: args.includes('--debug'),
    terminal: process.stderr.isTTY === true,
    signal: abort.signal,
    get ending() {
      return ending;
    },
    onKill(kill) {
      killers.add(kill);
      return () => killers.delete(kill);
    },
    out: (text) => void process.stdout.write(`${text}\n`),
    progress: (text) => void process.stderr.write(`${text}\n`),
    json: (value) => void process.stdout.write(`${JSON.stringify(value, finite)}\n`),
    result(value, text) {
      if (this.wantsJson) this.json(value);
      else this.out(text);
    },
    exitCode: 0,
  };
}

/** A reader that went away (`unsmooth runs | head`) is no error; nobody is left to tell. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (e: NodeJS.ErrnoException) => {
      if (e.code !== 'EPIPE') throw e;
      if (stream === process.stdout) process.exitCode = 0;
    });
}

/** Numbers that JSON has no form for, as they are written on disk. */
const finite = (_: string, value: unknown): unknown => (typeof value === 'number' ? encodeNumber(value) : value);
