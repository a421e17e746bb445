import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { identifyProcess, ownerIsAlive, type System } from '../../core/owner.ts';
import { nodeSystem } from '../../native-worker/run-folder/system.ts';

const stat = (start: string, state = 'S', name = 'node') =>
  `42 (${name}) ${state} 1 42 42 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 11 0 ${start} 1 1 1`;
const linux = (files: Record<string, string>, host = 'desk'): System => ({
  platform: 'linux',
  host,
  readText: (path) => files[path],
  output: () => undefined,
});
const boot = '/proc/sys/kernel/random/boot_id';
const running = linux({ [boot]: 'boot-1\n', '/proc/42/stat': stat('777') });
const owner = { pid: 42, process_start: '777', boot_id: 'boot-1', host: 'desk' };

describe('owner on Linux', () => {
  test('a process is its pid, start time, boot and host', () => {
    expect(identifyProcess(42, running)).toEqual(owner);
    expect(identifyProcess(43, running)).toBeUndefined();
  });
  test.each([
    ['the same process', running, true],
    ['gone', linux({ [boot]: 'boot-1\n' }), false],
    ['pid reused', linux({ [boot]: 'boot-1\n', '/proc/42/stat': stat('778') }), false],
    ['rebooted, pid and start time alike', linux({ [boot]: 'boot-2\n', '/proc/42/stat': stat('777') }), false],
    ['zombie', linux({ [boot]: 'boot-1\n', '/proc/42/stat': stat('777', 'Z') }), false],
    [
      'a name with brackets and spaces',
      linux({ [boot]: 'boot-1', '/proc/42/stat': stat('777', 'R', 'a) Z 1 (b') }),
      true,
    ],
    ['another host', linux({}, 'laptop'), true],
  ])('%s', (_, system, alive) => {
    expect(ownerIsAlive(owner, system)).toBe(alive);
  });
});

describe('owner by ps', () => {
  const mac = (line: string | undefined): System => ({
    platform: 'darwin',
    host: 'desk',
    readText: () => undefined,
    output: () => line,
  });
  const before = identifyProcess(42, mac('Ss   Tue Nov 24 10:00:00 2026\n'));
  test('the start time is a date', () => expect(before?.process_start).toBe('Tue Nov 24 10:00:00 2026'));
  test.each([
    ['alive', 'R+   Tue Nov 24 10:00:00 2026\n', true],
    ['reused', 'R+   Tue Nov 24 10:00:09 2026\n', false],
    ['zombie', 'Z    Tue Nov 24 10:00:00 2026\n', false],
    ['gone', undefined, false],
  ])('%s', (_, line, alive) => {
    expect(before && ownerIsAlive(before, mac(line))).toBe(alive);
  });
});

describe('real processes', () => {
  test('this process is alive and stays the same', () => {
    const me = identifyProcess(process.pid, nodeSystem);
    expect(me).toBeDefined();
    expect(me && ownerIsAlive(me, nodeSystem)).toBe(true);
  });
  test('a killed child is dead at once, before and after it is reaped', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const them = identifyProcess(child.pid ?? 0, nodeSystem);
    if (!them) throw new Error('the child is not seen');
    expect(ownerIsAlive(them, nodeSystem)).toBe(true);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    expect(ownerIsAlive(them, nodeSystem)).toBe(false);
  });
  test.runIf(process.platform === 'linux')('ps and /proc agree on who is there', () => {
    const byPs = { ...nodeSystem, platform: 'darwin' };
    const me = identifyProcess(process.pid, byPs);
    if (nodeSystem.output('ps', ['-p', '1']) === undefined) return expect(me).toBeUndefined();
    expect(me && ownerIsAlive(me, byPs)).toBe(true);
    expect(readFileSync(`/proc/${process.pid}/stat`, 'utf8')).toContain(`${process.pid} (`);
  });
});
