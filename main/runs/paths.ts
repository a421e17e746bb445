// Where the library and its runs lie, and the folder of a run that is about to begin.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { homeFolder } from '../files/home.ts';
import { makeFolder } from '../files/make-folder.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** UNSMOOTH_LIBRARY, else the platform's data folder of the user. Throws USAGE for a user without a home folder. */
export function libraryFolder(env: Env = process.env, platform: string = process.platform, userHome?: string): string {
  if (env.UNSMOOTH_LIBRARY) return path.resolve(env.UNSMOOTH_LIBRARY);
  const home = userHome ?? homeFolder();
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Unsmooth');
  if (platform === 'win32') return path.join(env.APPDATA || path.join(home, 'AppData', 'Roaming'), 'Unsmooth');
  return path.join(env.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'unsmooth');
}

export const runsFolder = (library: string): string => path.join(library, 'runs');

/** Letters and digits of a name, the rest as single dashes: fit for every file system. */
export function slug(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60)
      .replace(/-+$/, '') || 'run'
  );
}

/**
 * Makes `<yyyymmdd-hhmmss>-<slug>` in local time, with -2, -3 … where it is taken: made at once, so that two trainings begun in
 * the same second never mean the same folder. Throws FILE_IO, DISK_FULL.
 */
export function newRunFolder(runs: string, name: string, now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const base = path.join(runs, `${day}-${time}-${slug(name)}`);
  try {
    makeFolder(runs);
    for (let n = 1; ; n++) {
      const dir = n === 1 ? base : `${base}-${n}`;
      if (!existsSync(dir) && made(dir)) return dir;
    }
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}

/** False where somebody else made it first. */
function made(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'EEXIST') return false;
    throw e;
  }
}

/** Removes the folder of a training that never began: nothing in it but an empty log. */
export function dropUnbegun(dir: string): void {
  if (!existsSync(dir)) return;
  const files = readdirSync(dir);
  if (files.some((name) => name !== 'log.txt' || statSync(path.join(dir, name)).size > 0)) return;
  rmSync(dir, { recursive: true });
}
