// Where the library and its runs lie. Paths only.
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** UNSMOOTH_LIBRARY, else the platform's data folder of the user. */
export function libraryFolder(
  env: Env = process.env,
  platform: string = process.platform,
  home = os.homedir(),
): string {
  if (env.UNSMOOTH_LIBRARY) return path.resolve(env.UNSMOOTH_LIBRARY);
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

/** `<yyyymmdd-hhmmss>-<slug>` in local time, with -2, -3 … where it is taken. */
export function newRunFolder(runs: string, name: string, now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const base = path.join(runs, `${day}-${time}-${slug(name)}`);
  for (let n = 1; ; n++) {
    const dir = n === 1 ? base : `${base}-${n}`;
    if (!existsSync(dir)) return dir;
  }
}
