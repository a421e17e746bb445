// `unsmooth inspect FILE`: what a checkpoint or a dataset is.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { formatNumber } from '../../core/format.ts';
import { holdsWeights } from '../../main/checkpoints/resolve.ts';
import { resolveDataset } from '../../main/datasets/resolve.ts';
import { formatBytes } from '../../main/engines/index.ts';
import { countProgress } from '../checkpoint-job.ts';
import type { CliContext } from '../context.ts';
import { readDatasetAt } from '../dataset-job.ts';
import { datasetText } from '../dataset-text.ts';
import { runJob } from '../jobs.ts';
import { wholeNumber } from '../options.ts';
import { pairs, table } from '../table.ts';

interface Options {
  heads?: number;
  weights?: string;
  norms?: true;
}

export function register(program: Command, context: CliContext): void {
  program
    .command('inspect')
    .description('what a checkpoint file or a dataset is, and what is wrong with it')
    .argument('<file>', 'a file of weights or its folder, a folder or file of data, or the name of a dataset')
    .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
    .option('--weights <name>', 'which set of weights, where the file has several (model_ema)')
    .option('--norms', 'also the norm of every tensor, which reads the whole file')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: Options) => {
      if (isCheckpoint(name)) {
        const { heads = null, weights, norms = false } = options;
        const job = { type: 'inspect', file: path.resolve(name), heads, weights, norms } as const;
        const result = await runJob<'inspect'>(job, context, countProgress(context));
        context.result(result, checkpointText(result));
      } else {
        const result = await readDatasetAt(dataset(name, context.library), 'auto', context);
        context.result(result, datasetText(result));
      }
    });
}

const isCheckpoint = (name: string): boolean =>
  existsSync(name) && (statSync(name).isFile() ? !isData(name) : holdsWeights(name));

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
  const lines = (name: string, texts: readonly string[]) => texts.map((t): [string, string] => [name, t]);
  const types = [...new Set(r.tensors.map((t) => t.dtype))];
  const head = pairs([
    ['file', r.file],
    ['container', `${r.container}, ${formatBytes(r.bytes)}`],
    ['layout', r.layout],
    ...(r.weight_sets.length > 1 ? lines('weights', [`${r.weights} of ${r.weight_sets.join(', ')}`]) : []),
    ['tensors', `${r.tensors.length}, ${types.join(', ')}`],
    ['parameters', r.parameters.toLocaleString('en-US')],
    ['model', model],
    ...lines('trained with', r.trained),
    ...lines('note', r.notes),
    ...lines('problem', r.problems),
  ]);
  const normed = r.tensors.some((t) => t.norm !== undefined);
  const rows = r.tensors.map((t) => [
    t.name,
    t.dtype,
    t.shape.join(' x '),
    ...(normed ? [t.norm === undefined ? '' : formatNumber(decodeNumber(t.norm), 4)] : []),
  ]);
  return `${head}\n\n${table(['tensor', 'type', 'shape', ...(normed ? ['norm'] : [])], rows)}`;
}
