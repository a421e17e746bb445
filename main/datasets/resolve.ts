// What DATASET means: a name from the library, a built-in name, or a folder. The worker only ever hears of a folder.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { builtIns } from './built-in.ts';
import { addedNames, readDataset } from './library.ts';

/** Throws DATASET_NOT_FOUND with what to do. */
export function resolveDataset(name: string, library: string): DatasetLocation {
  const added = readDataset(library, name);
  if (added) {
    if (existsSync(added.path)) return { name, kind: added.kind, path: added.path };
    throw new UnsmoothError(
      'DATASET_NOT_FOUND',
      `dataset ${name}: ${added.path} is not there any more`,
      `Bring it back, or add it again from its new place: \`unsmooth datasets add FOLDER --name ${name}\`.`,
    );
  }
  const builtIn = builtIns.find((b) => b.name === name);
  const found = builtIn?.find();
  if (found) return found;
  if (builtIn) throw new UnsmoothError('DATASET_NOT_FOUND', `dataset ${name} is not on this machine`, builtIn.get);
  if (existsSync(name)) return folder(name);
  const known = [...builtIns.map((b) => b.name), ...addedNames(library)];
  const close = nearest(name, known);
  throw new UnsmoothError(
    'DATASET_NOT_FOUND',
    `there is no dataset ${name}, and no folder of that path`,
    close && close !== name ? `Did you mean ${close}?` : `Known: ${known.join(', ')}; or give a folder.`,
  );
}

function folder(name: string): DatasetLocation {
  const full = path.resolve(name);
  if (!statSync(full).isDirectory())
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${full}: expected a folder, found a file`,
      'Give the folder that holds the IDX files.',
    );
  return { name: path.basename(full), kind: 'idx', path: full };
}

/** The dataset of a recipe: its folder where it names one, else its dataset. */
export function datasetOf(data: Recipe['data'], library: string): DatasetLocation {
  if (data.path === null || data.kind === null) return resolveDataset(data.dataset ?? '', library);
  const full = path.resolve(data.path);
  if (existsSync(full)) return { name: path.basename(full), kind: data.kind, path: full };
  throw new UnsmoothError('DATASET_NOT_FOUND', `data.path: ${full} does not exist`, 'Correct data.path in the recipe.');
}
