// The calls on runs: rows, one in full, notes, the log. What a folder says; what this program trains is laid over it by `trainings`.
import { promises as fs, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunDetail } from '../../contract/app/runs.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Notes, notesFormat } from '../../contract/saved/run.ts';
import { findCheckpoints } from '../checkpoints/pairs.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import type { ReadableRun } from '../runs/view.ts';
import { recipeText } from '../training/recipe-file.ts';
import type { AppContext } from './context.ts';
import type { Library } from './library.ts';
import { runDir } from './run-folder.ts';

type RunCalls = 'runs.list' | 'runs.get' | 'runs.note' | 'runs.log' | 'runs.openFolder';

export function runServices(app: AppContext, library: Library): Pick<AppApi, RunCalls> {
  return {
    'runs.list': () => library.list(),
    'runs.get': async ({ id }) => detail(library.view(id), await library.row(id)),
    async 'runs.note'({ id, ...changes }) {
      const file = path.join(runDir(app, id), 'notes.json');
      const before = readJsonFile(notesFormat, file) ?? {
        version: 1,
        name: null,
        tags: [],
        notes: '',
        archived: false,
      };
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const notes: Notes = { ...before, ...given };
      writeJsonFile(file, notes);
      return library.row(id);
    },
    'runs.log': ({ id, bytes }) => endOf(path.join(runDir(app, id), 'log.txt'), bytes),
    async 'runs.openFolder'({ id }) {
      await app.shell.openFolder(runDir(app, id));
      return null;
    },
  };
}

function detail(view: ReadableRun, row: RunDetail['row']): RunDetail {
  const problems: string[] = [];
  const { checkpoints, problem } = findCheckpoints(view.dir);
  if (problem) problems.push(problem);
  let yaml = '';
  try {
    yaml = readFileSync(path.join(view.dir, 'recipe.yaml'), 'utf8');
  } catch (e) {
    if (row.status === 'queued' || row.status === 'starting') yaml = recipeText(view.run.recipe);
    else problems.push(`recipe.yaml cannot be read: ${UnsmoothError.from(e).message}`);
  }
  return { row, run: view.run, notes: view.notes, checkpoints, recipeText: yaml, problems };
}

/** The last `most` bytes of a file as text, from a line's beginning where it is cut. */
async function endOf(file: string, most: number): Promise<{ text: string; size: number }> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, 'r');
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return { text: '', size: 0 };
    throw UnsmoothError.from(e);
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, most);
    const bytes = Buffer.alloc(length);
    await handle.read(bytes, 0, length, size - length);
    const cut = length < size ? bytes.indexOf(10) + 1 : 0;
    return { text: bytes.toString('utf8', cut), size };
  } finally {
    await handle.close();
  }
}
