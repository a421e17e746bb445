// The datasets a user added: one small description each in the library. Nothing is copied.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type DatasetFindings, datasetFormat, type SavedDataset } from '../../contract/saved/dataset.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { builtIns } from './built-in.ts';

const folderOf = (library: string) => path.join(library, 'datasets');
/** Where indexes of large datasets are kept. */
export const indexesOf = (library: string): string => path.join(folderOf(library), 'indexes');
export const descriptionFile = (library: string, name: string): string => path.join(folderOf(library), `${name}.json`);

/** Throws USAGE for a name that is no plain word: it becomes a file name. */
export function checkDatasetName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) return;
  throw new UnsmoothError(
    'USAGE',
    `${JSON.stringify(name)} is not a name for a dataset`,
    'Use letters, digits, dots, dashes and underscores.',
  );
}

/** Throws USAGE where the name stands for other data already: a name that nobody chose must not take its place. */
export function checkUnchosenName(library: string, name: string, place: string): void {
  const other = readDataset(library, name)?.path ?? builtIns.find((b) => b.name === name)?.find()?.path;
  if (other === undefined || other === place) return;
  throw new UnsmoothError(
    'USAGE',
    `${name} is the name of ${other} already`,
    `Give this data another with --name; \`--name ${name}\` replaces it.`,
  );
}

/** Undefined where none was added under this name. Throws INPUT_INVALID, FORMAT_NEWER. */
export function readDataset(library: string, name: string): SavedDataset | undefined {
  if (name.includes('/') || name.includes('\\')) return undefined;
  return readJsonFile(datasetFormat, descriptionFile(library, name));
}

/**
 * What was found at a dataset, kept under its name; its first date is kept when it is checked again. `detected`: its kind was not said.
 * Throws USAGE, FILE_IO, DISK_FULL.
 */
export function saveFindings(library: string, findings: DatasetFindings, detected: boolean): void {
  const { name, kind, path: place } = findings.identity;
  checkDatasetName(name);
  const checked = new Date().toISOString();
  const added = addedBefore(library, name) ?? checked;
  saveDataset(library, { version: 2, name, kind, detected, path: place, findings, added, checked });
}

/** Undefined too where the description cannot be read: it is written anew. */
function addedBefore(library: string, name: string): string | undefined {
  try {
    return readDataset(library, name)?.added;
  } catch {
    return undefined;
  }
}

function saveDataset(library: string, dataset: SavedDataset): void {
  checkDatasetName(dataset.name);
  writeJsonFile(descriptionFile(library, dataset.name), dataset);
}

/** Names of the added datasets, sorted. */
export function addedNames(library: string): string[] {
  const folder = folderOf(library);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .map((f) => f.slice(0, -'.json'.length))
    .sort();
}
