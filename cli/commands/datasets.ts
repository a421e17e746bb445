// `unsmooth datasets add|list|show`: which data can be named, and where it lies. Nothing is copied.
import type { Command } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation, ResultOf } from '../../contract/worker-api.ts';
import { checkDatasetName, saveFindings } from '../../main/datasets/library.ts';
import { listDatasets } from '../../main/datasets/list.ts';
import { resolveDataset } from '../../main/datasets/resolve.ts';
import type { CliContext } from '../context.ts';
import { datasetText } from '../dataset-text.ts';
import { runJob } from '../jobs.ts';
import { table } from '../table.ts';

export function register(program: Command, context: CliContext): void {
  const datasets = program.command('datasets').description('the datasets that can be named: add, list, show');

  datasets
    .command('list', { isDefault: true })
    .description('every dataset with where it lies, or how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(() => {
      const list = listDatasets(context.library);
      const rows = list.map((d) => [d.name, d.state, d.kind ?? '-', d.path ?? '-', d.note]);
      context.result({ datasets: list }, table(['name', 'state', 'kind', 'folder', 'note'], rows));
    });

  datasets
    .command('add')
    .description('read a folder of data once and give it a name')
    .argument('<folder>', 'folder that holds the data')
    .option('--name <name>', "name to use in recipes (default: the folder's)")
    .option('--json', 'one JSON object on stdout')
    .action(async (folder: string, options: { name?: string }) => {
      const found = folderOnly(folder, context.library);
      const name = options.name ?? found.name;
      checkDatasetName(name);
      const described = await describe({ ...found, name }, context);
      saveFindings(context.library, described);
      context.result(described, `added ${name}\n\n${datasetText(described)}`);
    });

  datasets
    .command('show')
    .description('what is in a dataset: splits, classes, statistics, problems')
    .argument('<name>', 'name or folder')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string) => {
      const described = await describe(resolveDataset(name, context.library), context);
      context.result(described, datasetText(described));
    });
}

function folderOnly(folder: string, library: string): DatasetLocation {
  const asPath = /[/\\]/.test(folder) ? folder : `./${folder}`;
  try {
    return resolveDataset(asPath, library);
  } catch (e) {
    if (!(e instanceof UnsmoothError) || e.code !== 'DATASET_NOT_FOUND') throw e;
    throw new UnsmoothError('DATASET_NOT_FOUND', `${folder}: there is no such folder`, 'Correct the path.', [], {
      cause: e,
    });
  }
}

async function describe(dataset: DatasetLocation, context: CliContext): Promise<Omit<ResultOf<'dataset'>, 'type'>> {
  const { type: _, ...described } = await runJob<'dataset'>({ type: 'dataset', dataset, check: 'auto' }, context);
  return described;
}
