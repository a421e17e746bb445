// What an id from the window means: a folder of this library, never a path.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type ReadableRun, viewRun } from '../runs/view.ts';
import type { AppContext } from './context.ts';

/** Throws RUN_NOT_FOUND. */
export function runDir({ runs }: Pick<AppContext, 'runs'>, id: string): string {
  const dir = path.join(runs, id);
  if (path.dirname(dir) === path.normalize(runs) && !id.startsWith('.') && existsSync(dir)) return dir;
  throw new UnsmoothError('RUN_NOT_FOUND', `there is no run ${id}`, 'It may have been removed.');
}

/** A run folder that can be read. Throws RUN_NOT_FOUND, RUN_NEWER, INPUT_INVALID. */
export function readable(dir: string): ReadableRun {
  const view = viewRun(dir);
  if (view.kind === 'run') return view;
  if (view.kind === 'newer') throw new UnsmoothError('RUN_NEWER', view.why, 'Update Unsmooth to open it.');
  throw new UnsmoothError('INPUT_INVALID', `run ${view.id} cannot be read: ${view.why}`, 'See its folder.');
}
