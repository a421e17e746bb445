// A display for windows where there is none: Xvfb on a free number, ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Display {
  /** For the environment of what shall be seen there. */
  env: Record<string, string>;
  end(): Promise<void>;
}

/** The user's own display, unless `own` asks for one apart. Rejects where Xvfb does not start. */
export async function openDisplay({ own = false } = {}): Promise<Display> {
  const there = process.env.DISPLAY;
  if (there && !own) return { env: { DISPLAY: there }, end: async () => {} };
  const screen = ['-screen', '0', '1600x1000x24', '-nolisten', 'tcp'];
  const server = spawn('Xvfb', ['-displayfd', '3', ...screen], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const number = await numberOf(server);
  // Without WAYLAND_DISPLAY set to nothing, a desktop's own compositor would be taken.
  return { env: { DISPLAY: `:${number}`, WAYLAND_DISPLAY: '' }, end: () => ended(server) };
}

function numberOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = '';
    server.stderr?.on('data', (d) => {
      words += d;
    });
    server.once('error', (e) => reject(new Error(`Xvfb (Debian: apt-get install xvfb): ${e.message}`)));
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}: ${words}`)));
    let said = '';
    (server.stdio[3] as Readable).on('data', (d) => {
      said += d;
      if (said.endsWith('\n')) resolve(said.trim());
    });
  });
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.once('exit', () => resolve());
    server.kill('SIGTERM');
  });
}
