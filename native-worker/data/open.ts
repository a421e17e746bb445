// Opens a dataset: which kind it is and which reader that has. Knows nothing of what is in the files.
import { existsSync, statSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { openCifar } from './cifar.ts';
import type { Dataset } from './dataset.ts';
import { detect } from './detect.ts';
import { openIdx } from './idx.ts';
import { openImageFolder } from './imagefolder.ts';
import { openParquet } from './parquet.ts';
import { openWebDataset } from './webdataset.ts';

/** What opening may tell while it works: reading the names of a million files takes a while. */
export interface Opening {
  progress(done: number, total: number | null, note: string): void;
  /** True when it should give up; openDataset then throws STOPPED. */
  cancelled(): boolean;
}

/** Opens what lies at `location`. Throws DATASET_NOT_FOUND, or DATASET_INVALID naming file, field, expected and found. */
export async function openDataset(location: DatasetLocation, opening?: Opening): Promise<Dataset> {
  const { name, path } = location;
  if (!existsSync(path))
    throw new UnsmoothError('DATASET_NOT_FOUND', `dataset ${name}: ${path} does not exist`, 'Check the path.');
  const kind = location.kind ?? detect(path);
  const takesFile = kind === 'parquet' || kind === 'webdataset';
  if (!takesFile && !statSync(path).isDirectory())
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${path}: expected a folder, found a file`,
      'Give the folder that holds the files.',
    );
  switch (kind) {
    case 'idx':
      return openIdx(location);
    case 'cifar10':
    case 'cifar100':
      return openCifar(location, kind);
    case 'imagefolder':
      return openImageFolder(location, opening);
    case 'parquet':
      return openParquet(location, opening);
    case 'webdataset':
      return openWebDataset(location, opening);
    default:
      return kind satisfies never;
  }
}
