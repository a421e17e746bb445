// The calls on datasets: names, what is in them, and some of their images.
import { promises as fs, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatasetDescription, DatasetRow, Thumbnails } from '../../contract/app/datasets.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetCheck, DatasetLocation } from '../../contract/worker-api.ts';
import { forgetDataset } from '../datasets/forget.ts';
import { checkDatasetName, readDataset, saveFindings } from '../datasets/library.ts';
import { listDatasets } from '../datasets/list.ts';
import { locateDataset, resolveDataset } from '../datasets/resolve.ts';
import type { AppContext } from './context.ts';
import type { Tasks } from './tasks.ts';

type DatasetCalls = Extract<keyof AppApi, `datasets.${string}`>;

export function datasetServices(app: AppContext, tasks: Tasks): Pick<AppApi, DatasetCalls> {
  const read = async (task: string, dataset: DatasetLocation, check: DatasetCheck): Promise<DatasetDescription> => {
    const { type: _, ...found } = await tasks.job(task, { type: 'dataset', dataset, check });
    return found;
  };

  return {
    'datasets.list': () => listDatasets(app.library),
    async 'datasets.describe'({ name, task }) {
      const location = resolveDataset(name, app.library);
      return readDataset(app.library, name)?.findings ?? (await read(task, location, 'auto'));
    },
    async 'datasets.add'({ path: given, name, kind, check, task }) {
      const location = locateDataset(absolute(given), app.library);
      const named: DatasetLocation = { ...location, kind, name: name ?? location.name };
      checkDatasetName(named.name);
      saveFindings(app.library, await read(task, named, check), kind === null);
      return rowOf(app.library, named.name);
    },
    async 'datasets.check'({ name, kind, check, task }) {
      const location = resolveDataset(name, app.library);
      const saved = readDataset(app.library, name);
      if (!saved) return read(task, location, check);
      const as = kind === undefined ? (saved.detected ? null : saved.kind) : kind;
      const found = await read(task, { ...location, kind: as }, check);
      saveFindings(app.library, found, as === null);
      return found;
    },
    'datasets.remove'({ name }) {
      forgetDataset(app.library, name);
      return null;
    },
    async 'datasets.openFolder'({ name }) {
      const { path: place } = resolveDataset(name, app.library);
      await (statSync(place).isDirectory() ? app.shell.openFolder(place) : app.shell.showItem(place));
      return null;
    },
    'datasets.thumbnails': async ({ name, task, ...page }) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'unsmooth-'));
      try {
        const out = path.join(folder, 'pixels');
        const dataset = resolveDataset(name, app.library);
        const found = await tasks.job(task, { type: 'thumbnails', dataset, ...page, out });
        const { width, height, channels, total, labels } = found;
        const pixels = new Uint8Array(await fs.readFile(out));
        return { width, height, channels, total, labels, pixels } satisfies Thumbnails;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Throws DATASET_NOT_FOUND: where this program was started says nothing of where the user means. */
function absolute(given: string): string {
  if (path.isAbsolute(given)) return given;
  throw new UnsmoothError('DATASET_NOT_FOUND', `${given} is not a full path`, 'Choose it again.');
}

function rowOf(library: string, name: string): DatasetRow {
  const row = listDatasets(library).find((d) => d.name === name);
  if (row) return row;
  throw new UnsmoothError('DATASET_NOT_FOUND', `there is no dataset ${name}`);
}
