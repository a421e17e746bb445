// Who owns a run folder: a process told apart from every later one by start time and boot, so that a reused pid is not the owner.
// Pure: what the system says comes through `System`, filled by whoever has the operating system at hand.
import type { Owner } from '../contract/saved/run.ts';

export interface System {
  /** Node's process.platform. */
  readonly platform: string;
  readonly host: string;
  /** Content of a file, or undefined where it cannot be read. */
  readText(path: string): string | undefined;
  /** Standard output of a command, or undefined where it fails. */
  output(command: string, args: readonly string[]): string | undefined;
}

export type ProcessIdentity = Pick<Owner, 'pid' | 'process_start' | 'boot_id' | 'host'>;

/** The living process `pid`, or undefined where there is none; a zombie is none. */
export function identifyProcess(pid: number, system: System): ProcessIdentity | undefined {
  const start = processStart(pid, system);
  if (start === undefined) return undefined;
  return { pid, process_start: start, boot_id: bootId(system), host: system.host };
}

/** Whether the process that wrote `owner` still runs. One on another host cannot be asked and counts as alive. */
export function ownerIsAlive(owner: ProcessIdentity, system: System): boolean {
  if (owner.host !== system.host) return true;
  if (owner.boot_id !== bootId(system)) return false;
  return processStart(owner.pid, system) === owner.process_start;
}

/** Linux's random id of this boot; empty elsewhere, where start times are dates and need none. */
function bootId(system: System): string {
  return system.platform === 'linux' ? (system.readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '') : '';
}

function processStart(pid: number, system: System): string | undefined {
  if (system.platform === 'linux') return startTicks(system.readText(`/proc/${pid}/stat`));
  if (system.platform === 'win32') {
    const query = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`;
    return system.output('powershell', ['-NoProfile', '-Command', query])?.trim() || undefined;
  }
  const [state, ...start] =
    system
      .output('ps', ['-o', 'state=,lstart=', '-p', String(pid)])
      ?.trim()
      .split(/\s+/) ?? [];
  return state === undefined || state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ');
}

/** Field 22 of /proc/<pid>/stat; the name in field 2 may hold spaces and brackets, so fields are counted after its last ')'. */
function startTicks(stat: string | undefined): string | undefined {
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  return state === undefined || state === 'Z' || state === 'X' ? undefined : fields?.[19];
}
