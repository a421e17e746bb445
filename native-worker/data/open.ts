// Opens a dataset: which reader a kind has. Knows nothing of what is in the files.
import { existsSync, statSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import type { Dataset } from './dataset.ts';
import { openIdx } from './idx.ts';

/** What opening may tell while it works: reading the names of a million files takes a while. */
export interface Opening {
  progress(done: number, total: number | null, note: string): void;
  /** True when it should give up; openDataset then throws CANCELLED. */
  cancelled(): boolean;
}

/** Opens what lies at `location`. Throws DATASET_NOT_FOUND, or DATASET_INVALID naming file, field, expected and found. */
export async function openDataset(location: DatasetLocation, _opening?: Opening): Promise<Dataset> {
  if (!existsSync(location.path))
    throw new UnsmoothError(
      'DATASET_NOT_FOUND',
      `dataset ${location.name}: ${location.path} does not exist`,
      'Check the path.',
    );
  if (!statSync(location.path).isDirectory())
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${location.path}: expected a folder, found a file`,
      'Give the folder that holds the files.',
    );
  return openIdx(location);
}
