// What the classes of a run's checkpoint are called: its dataset is in run.json, the names of its classes in the library.
import path from 'node:path';
import { readDataset } from '../datasets/library.ts';
import { viewRun } from '../runs/view.ts';

/** Null for a file of no run, and where the dataset is no longer known as it was trained on. Throws INPUT_INVALID, FORMAT_NEWER. */
export function classNamesOf(checkpoint: string, library: string): string[] | null {
  const folder = path.dirname(path.resolve(checkpoint));
  if (path.basename(folder) !== 'checkpoints') return null;
  const view = viewRun(path.dirname(folder));
  if (view.kind !== 'run' || view.run.dataset === null) return null;
  const { name, fingerprint } = view.run.dataset;
  const known = readDataset(library, name)?.findings;
  return known?.identity.fingerprint === fingerprint ? known.classNames : null;
}
