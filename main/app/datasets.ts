// The calls on datasets: names, what is in them, and some of their images.
import { existsSync, promises as fs, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatasetDescription, DatasetRow, Thumbnails } from '../../contract/app/datasets.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { forgetDataset } from '../datasets/forget.ts';
import { checkDatasetName, saveFindings } from '../datasets/library.ts';
import { listDatasets } from '../datasets/list.ts';
import { resolveDataset } from '../datasets/resolve.ts';
import type { AppContext } from './context.ts';
import type { Tasks } from './tasks.ts';

type DatasetCalls = Extract<keyof AppApi, `datasets.${string}`>;

export function datasetServices(app: AppContext, tasks: Tasks): Pick<AppApi, DatasetCalls> {
  const describe = async (task: string, dataset: DatasetLocation): Promise<DatasetDescription> => {
    const { type: _, ...found } = await tasks.job(task, { type: 'dataset', dataset, check: 'auto' });
    return found;
  };

  return {
    'datasets.list': () => listDatasets(app.library),
    'datasets.describe': ({ name, task }) => describe(task, resolveDataset(name, app.library)),
    async 'datasets.add'({ path: given, name, task }) {
      const location = folderOf(given);
      const named: DatasetLocation = { ...location, name: name ?? location.name };
      checkDatasetName(named.name);
      saveFindings(app.library, await describe(task, named));
      return rowOf(app.library, named.name);
    },
    'datasets.remove'({ name }) {
      forgetDataset(app.library, name);
      return null;
    },
    async 'datasets.openFolder'({ name }) {
      await app.shell.openFolder(resolveDataset(name, app.library).path);
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

/** Throws DATASET_NOT_FOUND, DATASET_INVALID. */
function folderOf(given: string): DatasetLocation {
  const full = path.resolve(given);
  if (!path.isAbsolute(given) || !existsSync(full))
    throw new UnsmoothError('DATASET_NOT_FOUND', `${given}: there is no such folder`, 'Choose the folder again.');
  if (!statSync(full).isDirectory())
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${full}: expected a folder, found a file`,
      'Give the folder that holds it.',
    );
  return { name: path.basename(full), kind: 'idx', path: full };
}

function rowOf(library: string, name: string): DatasetRow {
  const row = listDatasets(library).find((d) => d.name === name);
  if (row) return row;
  throw new UnsmoothError('DATASET_NOT_FOUND', `there is no dataset ${name}`);
}
