// One lock file, one owner: keeps two set-ups or two installs of the same engine apart. Plain JavaScript without
// dependencies, since set-up needs it before anything is installed or bundled. It knows nothing of what it guards.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Start time of a process in clock ticks since boot, to tell a process from a later one with its number; '' where unknown. */
function startTime(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function lives({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (e) {
    if (e.code === 'ESRCH') return false;
  }
  return startTime(pid) === start;
}

const identity = (pid) => ({ pid, start: startTime(pid) });

function readOwners(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (e) {
    if (e.code === 'ENOENT') return null;
    return [];
  }
}

/** Writes the owners in one piece; `exclusive` fails with EEXIST when the lock is taken. */
function writeOwners(file, owners, exclusive) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify(owners));
  if (!exclusive) return fs.renameSync(temporary, file);
  try {
    fs.linkSync(temporary, file);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Takes a dead owner's lock away; puts it back when another process was quicker and it is a living one. */
function clearStale(file) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (e) {
    if (e.code === 'ENOENT') return;
    throw e;
  }
  if (readOwners(aside)?.some(lives)) {
    try {
      fs.linkSync(aside, file);
    } catch (e) {
      if (e.code !== 'EEXIST') throw e;
    }
  }
  fs.rmSync(aside, { force: true });
}

/**
 * Runs `work` while holding `file`. A child process named to `hold.child(pid)` keeps the lock alive after its parent's death.
 * @template T
 * @param {string} file
 * @param {(hold: {child(pid: number | undefined): void}) => Promise<T>} work
 * @param {{onWait?: (pid: number) => void, signal?: AbortSignal}} options
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait, signal } = {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const me = identity(process.pid);
  for (let waited = false; ; ) {
    try {
      writeOwners(file, [me], true);
      break;
    } catch (e) {
      if (e.code !== 'EEXIST') throw e;
    }
    const owner = readOwners(file)?.find(lives);
    if (!owner) {
      clearStale(file);
      continue;
    }
    if (!waited) onWait?.(owner.pid);
    waited = true;
    await sleep(200, undefined, { signal });
  }
  try {
    return await work({ child: (pid) => pid && writeOwners(file, [me, identity(pid)], false) });
  } finally {
    fs.rmSync(file, { force: true });
  }
}
