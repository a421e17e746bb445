// The calls on checkpoints: those of runs and imports as rows, what one is, what it reaches, giving it back, and putting some away.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CheckpointRow } from '../../contract/app/checkpoints.ts';
import type { LayerProbe } from '../../contract/app/series.ts';
import type { AppApi, CheckedArgsOf } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { CheckpointEntry } from '../../contract/saved/run.ts';
import type { ExportTarget } from '../../contract/worker-api.ts';
import { classNamesOf } from '../checkpoints/class-names.ts';
import { forgetImport, importRow, importRows, keepImport, weightsAt } from '../checkpoints/imports.ts';
import { forgetCheckpoints, nameCheckpoints } from '../checkpoints/index-file.ts';
import { checkpointRows } from '../checkpoints/list.ts';
import { checkpointsFolder, findCheckpoints } from '../checkpoints/pairs.ts';
import { keepDiagnosis, keepEvaluation } from '../checkpoints/results.ts';
import { resolveDataset } from '../datasets/resolve.ts';
import { chooseEngine } from '../engines/choose.ts';
import { turns } from '../files/turns.ts';
import { layersFile } from '../runs/columns.ts';
import { readLastLayers } from '../runs/similarity.ts';
import type { AppContext } from './context.ts';
import type { Library } from './library.ts';
import type { Item, RemovedItems } from './removed.ts';
import { runDir } from './run-folder.ts';
import { refuseLiving } from './run-removal.ts';
import type { SavedFiles } from './saved-files.ts';
import type { Tasks } from './tasks.ts';
import type { Trainings } from './trainings.ts';

type CheckpointCalls = Extract<keyof AppApi, `checkpoints.${string}`>;

export interface CheckpointParts {
  library: Library;
  tasks: Tasks;
  trainings: Trainings;
  removed: RemovedItems;
  saved: SavedFiles;
}

export function checkpointServices(app: AppContext, parts: CheckpointParts): Pick<AppApi, CheckpointCalls> {
  const { library, tasks, trainings, removed, saved } = parts;
  const probes = new ProbesByRun();

  const list = async (): Promise<CheckpointRow[]> => {
    const pause = turns();
    const rows: CheckpointRow[] = importRows(app.library);
    for (const run of await library.list()) {
      if (run.status === 'newer' || run.status === 'broken' || !existsSync(checkpointsFolder(run.dir))) continue;
      const { checkpoints } = findCheckpoints(run.dir);
      if (checkpoints.length > 0) {
        const record = library.view(run.id).run;
        rows.push(...checkpointRows(run, record, checkpoints, await probes.of(run.dir), app.library));
      }
      await pause();
    }
    return rows;
  };

  const jobOn = ({ file, dataset, ...how }: Omit<CheckedArgsOf<'checkpoints.evaluate'>, 'task'>) => ({
    checkpoint: existing(file),
    dataset: resolveDataset(dataset, app.library),
    ...how,
    engine: chooseEngine('auto', 'auto', { cache: app.cache }).engine,
  });
  const measuredWith = ({ weights, heads, mean, std }: CheckedArgsOf<'checkpoints.evaluate'>) => ({
    ...{ weights, heads, mean, std },
    at: new Date().toISOString(),
  });

  return {
    'checkpoints.list': list,
    async 'checkpoints.inspect'({ task, file, ...how }) {
      const { type: _, ...found } = await tasks.job(task, { type: 'inspect', file: existing(file), ...how });
      return found;
    },
    async 'checkpoints.import'({ path: given, task, ...chosen }) {
      const file = weightsAt(given);
      if (path.dirname(path.dirname(path.dirname(file))) === path.normalize(app.runs))
        throw new UnsmoothError('USAGE', `${file} is a checkpoint of a run of this library`, 'It is listed already.');
      const { weights, heads } = chosen;
      const found = await tasks.job(task, { type: 'inspect', file, weights, heads });
      return importRow(keepImport(app.library, file, chosen, found), app.library);
    },
    'checkpoints.forget'({ files }) {
      for (const file of files) forgetImport(app.library, file);
      return null;
    },
    async 'checkpoints.evaluate'(args) {
      const { task, ...asked } = args;
      const { type: _, ...result } = await tasks.job(task, { type: 'evaluate', ...jobOn(asked) });
      const found = { ...result, ...measuredWith(args) };
      keepEvaluation(app.library, args.file, found);
      return found;
    },
    async 'checkpoints.diagnose'(args) {
      const { task, tap, metrics, ...asked } = args;
      const { type: _, ...result } = await tasks.job(task, { type: 'diagnose', ...jobOn(asked), tap, metrics });
      const found = { ...result, ...measuredWith(args) };
      keepDiagnosis(app.library, args.file, found);
      return found;
    },
    async 'checkpoints.convert'({ file, weights, heads, task }) {
      const from = existing(file);
      return saved.at(`${stemOf(from, app.library)}.safetensors`, async (out) => {
        const model = { file: from, weights, heads, img_size: null };
        const { type: _, ...found } = await tasks.job(task, { type: 'convert', ...model, out });
        return found;
      });
    },
    async 'checkpoints.export'({ file, target, task, ...how }) {
      const checkpoint = existing(file);
      const labels = classNamesOf(checkpoint, app.library);
      return saved.at(`${stemOf(checkpoint, app.library)}${exportEndings[target]}`, async (out) => {
        const place = { checkpoint, out, labels, mean: null, std: null };
        // whoever asked where to has asked about replacing a file; of a folder's content it knows nothing
        const force = target !== 'hugging-face';
        const { type: _, ...found } = await tasks.job(task, { type: 'export', target, ...how, ...place, force });
        return found;
      });
    },
    async 'checkpoints.openFolder'({ file }) {
      await app.shell.showItem(existing(file));
      return null;
    },
    'checkpoints.remove'({ files }) {
      const byRun = new Map<string, Set<string>>();
      for (const file of files) {
        const dir = path.dirname(path.dirname(path.resolve(file)));
        byRun.set(dir, (byRun.get(dir) ?? new Set()).add(path.basename(file)));
      }
      const items = [...byRun].map(([dir, names]) => {
        const id = path.basename(dir);
        if (runDir(app, id) !== dir) throw notThere(dir);
        refuseLiving(dir, id, trainings);
        return itemOf(dir, names, library.view(id).status === 'done');
      });
      return removed.remove(items);
    },
  };
}

const exportEndings: Readonly<Record<ExportTarget, string>> = {
  timm: '.timm.safetensors',
  'hugging-face': '-hf',
  onnx: '.onnx',
};

/** What a file made of it is called: an import by its name, a run's by run and step. */
function stemOf(file: string, library: string): string {
  const { name } = path.parse(file);
  const run = path.basename(path.dirname(path.dirname(file)));
  return importRows(library).find((row) => row.file === file)?.name ?? `${run}-${name}`;
}

/** Throws CHECKPOINT_NOT_FOUND for a file that no index names, USAGE for the one that a run would go on from. */
function itemOf(dir: string, names: ReadonlySet<string>, done: boolean): Item {
  const all = findCheckpoints(dir).checkpoints;
  const entries = [...names].map((name): CheckpointEntry => {
    const entry = all.find((c) => c.weights === name);
    if (!entry) throw notThere(path.join(checkpointsFolder(dir), name));
    return entry;
  });
  const newest = all.at(-1);
  if (!done && newest && names.has(newest.weights))
    throw new UnsmoothError(
      'USAGE',
      `the checkpoint of step ${newest.step} is the one that run ${path.basename(dir)} would go on from`,
      'Leave it, or delete the whole run.',
    );
  return {
    name: `${entries.length === 1 ? `checkpoint of step ${entries[0]?.step}` : `${entries.length} checkpoints`} of run ${path.basename(dir)}`,
    paths: entries.flatMap((e) => [e.weights, e.state].map((name) => path.join(checkpointsFolder(dir), name))),
    gone: () =>
      forgetCheckpoints(
        dir,
        entries.map((e) => e.step),
      ),
    back: () => nameCheckpoints(dir, entries),
  };
}

const notThere = (file: string) =>
  new UnsmoothError('CHECKPOINT_NOT_FOUND', `${file} is no checkpoint of this library`, 'It may have been removed.');

/** Throws CHECKPOINT_NOT_FOUND. */
function existing(file: string): string {
  if (path.isAbsolute(file) && existsSync(file)) return file;
  throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${file} is not there`, 'It may have been removed.');
}

/** Probes of runs, read again only where their file changed. */
class ProbesByRun {
  readonly #known = new Map<string, { stamp: string; probes: LayerProbe[] }>();

  async of(dir: string): Promise<LayerProbe[]> {
    const s = statSync(layersFile(dir), { throwIfNoEntry: false });
    const stamp = s ? `${s.ino}:${s.mtimeMs}:${s.size}` : '';
    const known = this.#known.get(dir);
    if (known?.stamp === stamp) return known.probes;
    const probes = s ? await readLastLayers(dir) : [];
    this.#known.set(dir, { stamp, probes });
    return probes;
  }
}
