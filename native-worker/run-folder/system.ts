// What core/owner asks of the operating system, answered by Node.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { System } from '../../core/owner.ts';

const orUndefined = (read: () => string): string | undefined => {
  try {
    return read();
  } catch {
    return undefined; // no such process, file or program: the answer is "none"
  }
};

export const nodeSystem: System = {
  platform: process.platform,
  host: hostname(),
  readText: (path) => orUndefined(() => readFileSync(path, 'utf8')),
  output: (command, args) =>
    orUndefined(() => execFileSync(command, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
};
