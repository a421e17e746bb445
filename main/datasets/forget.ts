// Takes a dataset's description out of the library. Its files stay where they are.
import { rmSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import { addedNames, descriptionFile } from './library.ts';

/** Throws DATASET_NOT_FOUND for a name that was not added. */
export function forgetDataset(library: string, name: string): void {
  if (!addedNames(library).includes(name))
    throw new UnsmoothError('DATASET_NOT_FOUND', `no dataset ${name} was added`, 'Built-in ones cannot be removed.');
  try {
    rmSync(descriptionFile(library, name));
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}
