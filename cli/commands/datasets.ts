// `unsmooth datasets add|list|show|check|remove`: which data can be named, and where it lies. Nothing is copied.
import { type Command, Option } from 'commander';
import { datasetKinds } from '../../contract/recipe.ts';
import type { SavedDataset } from '../../contract/saved/dataset.ts';
import { type DatasetCheck, type DatasetLocation, datasetChecks } from '../../contract/worker-api.ts';
import { changedSince } from '../../main/datasets/changed.ts';
import { forgetDataset } from '../../main/datasets/forget.ts';
import { checkDatasetName, checkUnchosenName, readDataset, saveFindings } from '../../main/datasets/library.ts';
import { listDatasets } from '../../main/datasets/list.ts';
import { locateDataset, resolveDataset } from '../../main/datasets/resolve.ts';
import type { CliContext } from '../context.ts';
import { readDatasetAt } from '../dataset-job.ts';
import { datasetText } from '../dataset-text.ts';
import { table } from '../table.ts';

const kindOption = () =>
  new Option('--kind <kind>', 'format of the data (default: detected by what is there)').choices(datasetKinds);
const checkOption = () =>
  new Option('--check <how>', 'full: decode every image; heads: read only their heads; auto: full up to 50,000 images')
    .choices(datasetChecks)
    .default('auto');
interface Reading {
  kind?: NonNullable<DatasetLocation['kind']>;
  check: DatasetCheck;
}

export function register(program: Command, context: CliContext): void {
  const datasets = program
    .command('datasets')
    .description('the datasets that can be named: add, list, show, check, remove');

  datasets
    .command('list', { isDefault: true })
    .description('every dataset with where it lies, or how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(() => {
      const list = listDatasets(context.library);
      const note = (d: (typeof list)[number]) => d.note || (d.changed ? changedText(d.name) : '');
      const rows = list.map((d) => [d.name, d.state, d.kind ?? '-', d.path ?? '-', note(d)]);
      context.result({ datasets: list }, table(['name', 'state', 'kind', 'path', 'note'], rows));
    });

  datasets
    .command('add')
    .description('read a folder or file of data once and give it a name; Ctrl-C leaves nothing')
    .argument('<path>', 'folder or file that holds the data')
    .option('--name <name>', 'name to use in recipes (default: that of the folder or file)')
    .addOption(kindOption())
    .addOption(checkOption())
    .option('--json', 'one JSON object on stdout')
    .action(async (place: string, { name, kind, check }: Reading & { name?: string }) => {
      const found = locateDataset(place, context.library);
      const dataset = { ...found, kind: kind ?? null, name: name ?? found.name };
      checkDatasetName(dataset.name);
      if (name === undefined) checkUnchosenName(context.library, dataset.name, dataset.path);
      const findings = await readDatasetAt(dataset, check, context);
      saveFindings(context.library, findings, kind === undefined);
      context.result(findings, `added ${dataset.name}\n\n${datasetText(findings)}`);
    });

  datasets
    .command('show')
    .description('what is in a dataset: splits, classes, statistics, problems; of an added one as it was last checked')
    .argument('<name>', 'name or path')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string) => {
      const dataset = resolveDataset(name, context.library);
      const saved = readDataset(context.library, name);
      if (saved && !context.wantsJson) context.progress(ageText(saved));
      const findings = saved?.findings ?? (await readDatasetAt(dataset, 'auto', context));
      context.result(findings, datasetText(findings));
    });

  datasets
    .command('check')
    .description('read a dataset anew and keep what is found')
    .argument('<name>', 'name of an added dataset, or any other dataset or path, of which nothing is kept')
    .addOption(kindOption())
    .addOption(checkOption())
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, { kind, check }: Reading) => {
      const dataset = resolveDataset(name, context.library);
      const saved = readDataset(context.library, name);
      const as = kind ?? (saved?.detected ? null : dataset.kind);
      const findings = await readDatasetAt({ ...dataset, kind: as }, check, context);
      if (saved) saveFindings(context.library, findings, as === null);
      context.result(findings, datasetText(findings));
    });

  datasets
    .command('remove')
    .description('forget an added dataset; its files stay where they are')
    .argument('<name>', 'name of an added dataset')
    .option('--json', 'one JSON object on stdout')
    .action((name: string) => {
      forgetDataset(context.library, name);
      context.result({ removed: name }, `removed ${name} from the list; its files stay where they are`);
    });
}

const changedText = (name: string) => `changed since it was checked: \`unsmooth datasets check ${name}\``;

function ageText({ name, path, checked }: SavedDataset): string {
  const changed = changedSince(path, checked) ? `; ${changedText(name)}` : '';
  return `as checked on ${checked.slice(0, 16).replace('T', ' ')} UTC${changed}`;
}
