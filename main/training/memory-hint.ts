// Whether the kernel ended a process for want of memory, as far as an ordinary user may see: counters read before and after.
import { readFileSync } from 'node:fs';

function count(file: string): number | undefined {
  try {
    const line = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'));
    return line ? Number(line[1]) : undefined;
  } catch {
    return undefined; // no such counter on this system
  }
}

function cgroupFile(): string {
  try {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    return `/sys/fs/cgroup${own === '/' ? '' : own}/memory.events`;
  } catch {
    return '/sys/fs/cgroup/memory.events';
  }
}

/** Processes ended by the kernel's out-of-memory killer so far, in this control group and in the whole system. */
export function outOfMemoryKills(): number {
  return (count(cgroupFile()) ?? 0) + (count('/proc/vmstat') ?? 0);
}
