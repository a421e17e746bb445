// Which Electron the window runs on here, as set-up left it. It looks, and fetches nothing.
import fs from 'node:fs';
import path from 'node:path';
import { packageFolder } from './folders.ts';

export interface WindowRuntime {
  /** test: end of life, where Electron's own release could not be fetched. */
  kind: 'running' | 'given' | 'own' | 'test';
  version: string;
  folder: string;
}

const versionIn = (folder: string): string | null => {
  const file = path.join(folder, 'version');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().replace(/^v/, '') : null;
};

const found = (kind: WindowRuntime['kind'], folder: string): WindowRuntime | null => {
  const version = versionIn(folder);
  return version === null ? null : { kind, version, folder };
};

/** Electron's package as its own installer unpacks it. */
function packagedFolder(): string | null {
  try {
    return path.join(packageFolder('electron'), 'dist');
  } catch {
    return null; // not installed
  }
}

/** The one this process is, else the one that the next start would take; null where there is none. */
export function windowRuntime(cache: string, env: NodeJS.ProcessEnv = process.env): WindowRuntime | null {
  const kept = path.join(cache, 'electron');
  const names = fs.existsSync(kept) ? fs.readdirSync(kept).filter((name) => !name.includes('.partial-')) : [];
  const test = names.find((name) => name.startsWith('test-'));
  const { electron } = process.versions;
  if (electron) {
    const folder = path.dirname(process.execPath);
    const kind = test !== undefined && folder === path.join(kept, test) ? 'test' : 'running';
    return { kind, version: electron, folder };
  }
  const given = env.ELECTRON_OVERRIDE_DIST_PATH;
  if (given) return found('given', path.resolve(given));
  const packaged = packagedFolder();
  const own = names.filter((name) => name.startsWith('v')).sort();
  const last = own.at(-1);
  return (
    (packaged && found('own', packaged)) ||
    (last !== undefined && found('own', path.join(kept, last))) ||
    (test !== undefined && found('test', path.join(kept, test))) ||
    null
  );
}
