// What this operating system says about processes, for core/owner.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { System } from '../../core/owner.ts';

export const system: System = {
  platform: process.platform,
  host: os.hostname(),
  readText(file) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  },
  output(command, args) {
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
    return status === 0 ? stdout : undefined;
  },
};
