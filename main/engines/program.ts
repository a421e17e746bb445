// Runs another program to its end: no shell, the last of its output kept, killed when the caller stops.
import { spawn } from 'node:child_process';
import { UnsmoothError } from '../../contract/errors.ts';

export interface Ended {
  /** Exit code; 127 when there is no such program. */
  code: number;
  stdout: string;
  /** The last few thousand characters. */
  stderr: string;
}

export const stopped = (): UnsmoothError => new UnsmoothError('STOPPED', 'Stopped.', '');

/** Throws STOPPED when `signal` fires, after the program has ended. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; signal?: AbortSignal | undefined } = {},
): Promise<Ended> {
  const { signal, ...rest } = options;
  if (signal?.aborted) throw stopped();
  const ended = await new Promise<Ended>((resolve) => {
    const child = spawn(command, args, { ...rest, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (d: Buffer) => {
      stdout = (stdout + d.toString()).slice(-65536);
    });
    child.stderr.on('data', (d: Buffer) => {
      stderr = (stderr + d.toString()).slice(-8192);
    });
    const kill = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', kill, { once: true });
    const end = (code: number, extra = '') => {
      signal?.removeEventListener('abort', kill);
      resolve({ code, stdout, stderr: stderr + extra });
    };
    child.on('error', (e) => end(127, e.message));
    child.on('close', (code) => end(code ?? 1));
  });
  if (signal?.aborted) throw stopped();
  return ended;
}
