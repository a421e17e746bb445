// What DATASET means: a name from the library, a built-in name, or the path of a folder or file. The worker only ever hears of a path.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { builtIns } from './built-in.ts';
import { addedNames, indexesOf, readDataset } from './library.ts';

/** Throws DATASET_NOT_FOUND with what to do. */
export function resolveDataset(name: string, library: string): DatasetLocation {
  const added = readDataset(library, name);
  if (added) {
    if (existsSync(added.path)) return { name, kind: added.kind, path: added.path, indexes: indexesOf(library) };
    throw new UnsmoothError(
      'DATASET_NOT_FOUND',
      `dataset ${name}: ${added.path} is not there any more`,
      `Bring it back, or add it again from its new place: \`unsmooth datasets add PATH --name ${name}\`.`,
    );
  }
  const builtIn = builtIns.find((b) => b.name === name);
  const found = builtIn?.find();
  if (found) return found;
  if (builtIn) throw new UnsmoothError('DATASET_NOT_FOUND', `dataset ${name} is not on this machine`, builtIn.get);
  if (existsSync(name)) return placeAt(name, library);
  const known = [...builtIns.map((b) => b.name), ...addedNames(library)];
  const close = nearest(name, known);
  throw new UnsmoothError(
    'DATASET_NOT_FOUND',
    `there is no dataset ${name}, and no folder or file of that path`,
    close && close !== name
      ? `Did you mean ${close}?`
      : `Known: ${known.join(', ')}. Add a folder under this name with \`unsmooth datasets add PATH --name ${name}\`, or give a path.`,
  );
}

/** A folder or file that has no name in the library; its kind is detected. Throws DATASET_NOT_FOUND. */
export function locateDataset(given: string, library: string): DatasetLocation {
  if (existsSync(given)) return placeAt(given, library);
  throw new UnsmoothError('DATASET_NOT_FOUND', `${given}: there is no such folder or file`, 'Correct the path.');
}

function placeAt(given: string, library: string, kind: DatasetLocation['kind'] = null): DatasetLocation {
  const full = path.resolve(given);
  return { name: nameOf(full), kind, path: full, indexes: indexesOf(library) };
}

/** A folder is called as it is, a file without its ending; made of what a name may hold. */
function nameOf(full: string): string {
  const { base, name } = path.parse(full);
  const own = statSync(full).isDirectory() ? base : name;
  return (
    own
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+|-+$/g, '')
      .slice(0, 80) || 'data'
  );
}

/** The dataset of a recipe: its path where it has one, else its name. */
export function datasetOf(data: Recipe['data'], library: string): DatasetLocation {
  if (data.path === null) return resolveDataset(data.dataset ?? '', library);
  const full = path.resolve(data.path);
  if (existsSync(full)) return placeAt(full, library, data.kind);
  throw new UnsmoothError('DATASET_NOT_FOUND', `data.path: ${full} does not exist`, 'Correct data.path in the recipe.');
}
