// Where the checkout and the user's cache lie, and how set-up speaks and starts programs. No dependency.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Ends the process where the user has none: nothing could be kept. */
function home() {
  try {
    return os.homedir();
  } catch {
    process.stderr.write(
      'set-up: this user has no home folder. Set HOME, or both UNSMOOTH_LIBRARY and UNSMOOTH_CACHE.\n',
    );
    process.exit(2);
  }
}

export const cacheFolder =
  process.env.UNSMOOTH_CACHE || path.join(process.env.XDG_CACHE_HOME || path.join(home(), '.cache'), 'unsmooth');

export const say = (line) => process.stderr.write(`${line}\n`);

/** A step of set-up that cannot be done: one sentence what happened, one what to do. */
export class SetupError extends Error {
  constructor(message, hint, exitCode = 1) {
    super(`${message} ${hint}`);
    this.exitCode = exitCode;
  }
}

/** The search path without this checkout's own node_modules/.bin, whose Node may be replaced while it runs. */
export function cleanEnv(extra = {}) {
  const bin = path.join(root, 'node_modules', '.bin');
  const PATH = (process.env.PATH ?? '').split(path.delimiter).filter((p) => path.resolve(p) !== bin);
  return { ...process.env, PATH: PATH.join(path.delimiter), ...extra };
}

/**
 * Runs a program to its end. Its output goes to stderr when `show`, else the last part comes back.
 * @returns {Promise<{code: number, output: string}>} code 127 when there is no such program
 */
export function run(command, args, { show = false, cwd = root, env = cleanEnv(), onSpawn = () => {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', show ? 2 : 'pipe', show ? 2 : 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (d) => {
        output = (output + d).slice(-4000);
      });
    child.on('spawn', () => onSpawn(child.pid));
    child.on('error', (e) => resolve({ code: 127, output: e.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output }));
  });
}
