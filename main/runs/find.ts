// The runs of a library, and one of them by whatever a user calls it.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import { type ReadableRun, type RunView, viewRun } from './view.ts';

function runFolders(runs: string): string[] {
  if (!existsSync(runs)) return [];
  const entries = readdirSync(runs, { withFileTypes: true });
  return entries.filter((e) => e.isDirectory() && !e.name.startsWith('.')).map((e) => e.name);
}

/** Every folder below `runs`, newest first by its name. */
export function listRuns(runs: string): RunView[] {
  return runFolders(runs)
    .sort((a, b) => b.localeCompare(a))
    .map((name) => viewRun(path.join(runs, name)));
}

/**
 * The folder that `name` means: a path to a run folder, an id below `runs`, the beginning of one, or its slug.
 * Throws RUN_NOT_FOUND where there is none or several.
 */
export function findRun(runs: string, name: string): string {
  if (existsSync(path.join(name, 'run.json'))) return path.resolve(name);
  const ids = runFolders(runs);
  if (ids.includes(name)) return path.join(runs, name);
  const begun = ids.filter((id) => id.startsWith(name) || id.replace(/^\d{8}-\d{6}-/, '') === name);
  if (begun.length === 1) return path.join(runs, begun[0] ?? '');
  if (begun.length > 1)
    throw new UnsmoothError(
      'RUN_NOT_FOUND',
      `${name} may be any of ${begun.sort().join(', ')}`,
      'Give more of the name, or the folder.',
    );
  if (existsSync(name) && statSync(name).isDirectory())
    throw new UnsmoothError('RUN_NOT_FOUND', `${path.resolve(name)} holds no run.json`, 'Give the folder of a run.');
  const close = nearest(name, ids);
  throw new UnsmoothError(
    'RUN_NOT_FOUND',
    `there is no run ${name} in ${runs}`,
    close ? `Did you mean ${close}? \`unsmooth runs\` lists them.` : '`unsmooth runs` lists them.',
  );
}

/** A run that can be read. Throws RUN_NOT_FOUND, RUN_NEWER, INPUT_INVALID. */
export function readableRun(runs: string, name: string): ReadableRun {
  const view = viewRun(findRun(runs, name));
  switch (view.kind) {
    case 'run':
      return view;
    case 'newer':
      throw new UnsmoothError('RUN_NEWER', view.why, 'Update Unsmooth to open it.');
    case 'broken':
      throw new UnsmoothError('INPUT_INVALID', `run ${view.id} cannot be read: ${view.why}`, 'See its folder.');
    default:
      return view satisfies never;
  }
}
