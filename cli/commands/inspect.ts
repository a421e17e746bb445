// `unsmooth inspect FILE`: what a checkpoint or a dataset is.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { resolveDataset } from '../../main/datasets/resolve.ts';
import { formatBytes } from '../../main/engines/index.ts';
import type { CliContext } from '../context.ts';
import { readDatasetAt } from '../dataset-job.ts';
import { datasetText } from '../dataset-text.ts';
import { runJob } from '../jobs.ts';
import { wholeNumber } from '../options.ts';
import { pairs, table } from '../table.ts';

export function register(program: Command, context: CliContext): void {
  program
    .command('inspect')
    .description('what a checkpoint file or a dataset is, and what is wrong with it')
    .argument('<file>', 'a .safetensors file, a folder or file of data, or the name of a dataset')
    .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: { heads?: number }) => {
      if (existsSync(name) && statSync(name).isFile() && !isData(name)) {
        const job = { type: 'inspect', file: path.resolve(name), heads: options.heads ?? null } as const;
        const result = await runJob<'inspect'>(job, context);
        context.result(result, checkpointText(result));
      } else {
        const result = await readDatasetAt(dataset(name, context.library), 'auto', context);
        context.result(result, datasetText(result));
      }
    });
}

/** Parquet and tar by what they begin with, or by their ending; all else is taken for a checkpoint. */
function isData(file: string): boolean {
  if (/\.(parquet|tar|tar\.gz|tgz)$/i.test(file)) return true;
  if (/\.safetensors$/i.test(file)) return false;
  const head = Buffer.alloc(512);
  const fd = openSync(file, 'r');
  try {
    const bytes = readSync(fd, head, 0, head.length, 0);
    return head.toString('latin1', 0, 4) === 'PAR1' || (bytes === 512 && head.toString('latin1', 257, 262) === 'ustar');
  } finally {
    closeSync(fd);
  }
}

function dataset(name: string, library: string) {
  try {
    return resolveDataset(name, library);
  } catch (e) {
    if (!(e instanceof UnsmoothError) || e.code !== 'DATASET_NOT_FOUND' || existsSync(name)) throw e;
    throw new UnsmoothError(
      'INPUT_INVALID',
      `${name}: there is no such file, folder or dataset`,
      'Correct the path.',
      [],
      {
        cause: e,
      },
    );
  }
}

function checkpointText(r: ResultOf<'inspect'>): string {
  const model = r.model
    ? Object.entries(r.model)
        .map(([k, v]) => `${k} ${v}`)
        .join(', ')
    : 'not a model this program reads';
  const head = pairs([
    ['file', r.file],
    ['layout', r.layout],
    ['size', formatBytes(r.bytes)],
    ['tensors', String(r.tensors.length)],
    ['parameters', r.parameters.toLocaleString('en-US')],
    ['model', model],
    ...r.problems.map((p): [string, string] => ['problem', p]),
  ]);
  const rows = r.tensors.map((t) => [t.name, t.dtype, t.shape.join(' x ')]);
  return `${head}\n\n${table(['tensor', 'type', 'shape'], rows)}`;
}
