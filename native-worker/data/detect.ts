// What kind of dataset lies at a path, by what is there. Names alone are looked at; the kind's reader says what it found in words.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type DatasetKind, datasetKinds } from '../../contract/recipe.ts';
import { idxSplits } from '../../core/idx-names.ts';
import { cifarFiles } from './cifar.ts';
import { classOfFile, counted, extensionOf, isNoise, listed } from './names.ts';

const isParquet = (name: string) => /\.parquet$/i.test(name);
const isTar = (name: string) => /\.tar$/i.test(name);
/** Looked into for evidence; a folder of a thousand classes needs no more. */
const mostFolders = 64;

/** Throws DATASET_INVALID where nothing known is there, or more than one kind. */
export function detect(path: string): DatasetKind {
  refuseCompressed(path);
  if (!statSync(path).isDirectory()) return kindOfFile(path);
  const names = visible(path);
  const folders = names.filter((n) => isFolder(join(path, n)));
  const archives = [...names, ...folders.slice(0, mostFolders).flatMap((f) => within(join(path, f), 2))];
  const found: DatasetKind[] = [];
  if (idxSplits(names).length > 0) found.push('idx');
  if (cifarFiles('cifar10', names).length > 0) found.push('cifar10');
  if (cifarFiles('cifar100', names).length > 0) found.push('cifar100');
  if (archives.some(isParquet)) found.push('parquet');
  if (archives.some(isTar)) found.push('webdataset');
  // A picture beside Parquet files is their logo; pictures in folders are a dataset.
  if (folders.slice(0, mostFolders).some((f) => holdsImage(join(path, f), 3))) found.push('imagefolder');
  else if (found.length === 0 && names.some((n) => classOfFile(n) === 'image')) found.push('imagefolder');
  const [kind, ...others] = found;
  if (kind && others.length === 0) return kind;
  if (kind) throw undecided(path, `files of more than one kind: ${found.join(' and ')}`);
  for (const name of archives) refuseCompressed(name, path);
  const pickled = names.find((n) => /^(data_batch_1|test_batch)$/.test(n) || n === 'batches.meta');
  if (pickled)
    throw undecided(path, `${pickled}, CIFAR as Python pickles, which are not read; fetch the binary version`);
  const inner = folders.slice(0, mostFolders).find((f) => namesOneFolder(visible(join(path, f))));
  if (inner)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${path}: the data lies in its folder ${inner}`,
      `Give ${join(path, inner)}.`,
    );
  throw undecided(path, seen(names, folders));
}

/** Whether these are the files of a kind that lies in one folder. */
const namesOneFolder = (names: readonly string[]): boolean =>
  idxSplits(names).length > 0 || cifarFiles('cifar10', names).length > 0 || cifarFiles('cifar100', names).length > 0;

function kindOfFile(path: string): DatasetKind {
  if (isParquet(path)) return 'parquet';
  if (isTar(path)) return 'webdataset';
  const name = basename(path);
  throw undecided(path, `the file ${name}; a folder, a .parquet or a .tar file can be given`);
}

function undecided(path: string, what: string): UnsmoothError {
  return new UnsmoothError(
    'DATASET_INVALID',
    `${path}: expected one kind of dataset, found ${what}`,
    `Say which with --kind (${datasetKinds.join(', ')}), or give the folder that holds the data alone.`,
  );
}

/** Members of a compressed archive cannot be read at random. Throws DATASET_INVALID with the command that helps. */
export function refuseCompressed(path: string, folder = ''): void {
  const full = folder ? join(folder, path) : path;
  if (/\.(tar\.gz|tgz)$/i.test(path))
    throw compressed(
      full,
      'a compressed archive',
      path.toLowerCase().endsWith('.tgz') ? `gunzip -S .tgz "${full}" and give it the ending .tar` : `gunzip "${full}"`,
    );
  if (/\.tar\.(bz2|xz|zst)$/i.test(path)) throw compressed(full, 'a compressed archive', `a plain .tar made of it`);
  if (/\.(zip|7z|rar)$/i.test(path)) throw compressed(full, 'a packed archive', 'unpack it and give the folder');
}
const compressed = (path: string, what: string, instead: string): UnsmoothError =>
  new UnsmoothError('DATASET_INVALID', `${path}: ${what} is not read`, `Instead: ${instead}.`, [
    { where: path, message: `${what} is not read` },
  ]);

const visible = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((n) => !isNoise(n))
      .sort();
  } catch {
    return [];
  }
};
/** Names in `folder` and up to `depth` folders below it. */
function within(folder: string, depth: number): string[] {
  const names = visible(folder);
  if (depth === 0) return names;
  const folders = names.filter((n) => extensionOf(n) === '' && isFolder(join(folder, n)));
  return [...names, ...folders.slice(0, mostFolders).flatMap((n) => within(join(folder, n), depth - 1))];
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function holdsImage(folder: string, depth: number): boolean {
  const names = visible(folder);
  if (names.some((n) => classOfFile(n) === 'image')) return true;
  return (
    depth > 0 &&
    names.slice(0, mostFolders).some((n) => isFolder(join(folder, n)) && holdsImage(join(folder, n), depth - 1))
  );
}

function seen(names: readonly string[], folders: readonly string[]): string {
  if (names.length === 0) return 'an empty folder';
  const files = names.filter((n) => !folders.includes(n));
  const parts = [
    ...(folders.length > 0 ? [`${counted(folders.length, 'folder')} (${listed(folders)})`] : []),
    ...(files.length > 0 ? [`${counted(files.length, 'file')} (${listed(files)})`] : []),
  ];
  return `${parts.join(' and ')} without images in them`;
}
