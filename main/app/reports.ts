// The calls that make a report: of runs, and of checkpoints with the runs they come from.
import path from 'node:path';
import type { ReportItems } from '../../contract/app/app.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { findCheckpoints } from '../checkpoints/pairs.ts';
import { readResults } from '../checkpoints/results.ts';
import type { ReportCheckpoint } from '../reports/checkpoints.ts';
import { collectInTurns, type ReportRun } from '../reports/collect.ts';
import { htmlReport } from '../reports/html.ts';
import { jsonReport } from '../reports/json.ts';
import { readLastLayers, similarityAt } from '../runs/similarity.ts';
import type { AppContext } from './context.ts';
import type { Library } from './library.ts';
import { runDir } from './run-folder.ts';
import type { SavedFiles } from './saved-files.ts';

export function reportServices(
  app: AppContext,
  library: Library,
  saved: SavedFiles,
): Pick<AppApi, 'reports.preview' | 'reports.save'> {
  const make = async (items: ReportItems, format: 'html' | 'json'): Promise<{ text: string; name: string }> => {
    const ids = [...new Set([...items.runs, ...items.checkpoints.map((file) => runOf(app, file))])];
    if (ids.length === 0) throw new UnsmoothError('USAGE', 'a report needs a run or a checkpoint', 'Choose one.');
    const runs = await collectInTurns(ids.map((id) => library.view(id)));
    const checkpoints: ReportCheckpoint[] = [];
    for (const file of items.checkpoints) checkpoints.push(await checkpointOf(app, file, runs));
    const made = new Date();
    const text =
      format === 'html'
        ? htmlReport(runs, made, checkpoints)
        : `${JSON.stringify(jsonReport(runs, made, checkpoints), finite, 2)}\n`;
    return { text, name: `${runs.map((r) => r.name).join(', ')}.${format}` };
  };

  return {
    'reports.preview': async ({ items, format }) => ({
      url: app.shell.previewUrl((await make(items, format)).text, format),
    }),
    'reports.save': async ({ items, format }) => {
      const { text, name } = await make(items, format);
      return saved.ask(name, text);
    },
  };
}

/** Numbers that JSON has no form for, as they are written on disk. */
const finite = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Throws CHECKPOINT_NOT_FOUND for a file that lies in no run of the library. */
function runOf(app: AppContext, file: string): string {
  const dir = path.dirname(path.dirname(path.resolve(file)));
  const id = path.basename(dir);
  if (path.dirname(dir) === path.normalize(app.runs) && runDir(app, id) === dir) return id;
  throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${file} is no checkpoint of this library`, 'Choose it again.');
}

async function checkpointOf(app: AppContext, file: string, runs: readonly ReportRun[]): Promise<ReportCheckpoint> {
  const run = runs.find((r) => r.id === runOf(app, file));
  const entry = run && findCheckpoints(run.dir).checkpoints.find((c) => c.weights === path.basename(file));
  if (!run || !entry)
    throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${file} is not there`, 'It may have been removed.');
  return {
    file,
    run: run.id,
    name: `${run.name}, step ${entry.step}`,
    entry,
    width: run.run.recipe.model.embed_dim,
    last_layer_similarity: similarityAt(await readLastLayers(run.dir), entry.step),
    results: readResults(app.library, file),
  };
}
