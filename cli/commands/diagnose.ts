// `unsmooth diagnose CHECKPOINT --data DATASET`: per-layer diagnostics of a checkpoint.
import path from 'node:path';
import { type Command, Option } from 'commander';
import { type ProbeMetric, probeMetrics, type Tap, taps } from '../../contract/recipe.ts';
import { decodeList } from '../../contract/saved/lines.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { formatNumber } from '../../core/format.ts';
import { writeJsonFile } from '../../main/files/json-file.ts';
import { checkpointData, countProgress } from '../checkpoint-job.ts';
import type { CliContext } from '../context.ts';
import { runJob } from '../jobs.ts';
import { type CheckpointOptions, withCheckpointData, wordList } from '../options.ts';
import { table } from '../table.ts';

interface Options extends CheckpointOptions {
  tap: Tap;
  metrics: ProbeMetric[];
  out?: string;
}

export function register(program: Command, context: CliContext): void {
  withCheckpointData(program.command('diagnose'))
    .description('per-layer diagnostics of a checkpoint on a dataset')
    .addOption(
      new Option('--tap <tap>', 'block: raw block outputs; norm: after the final norm').choices(taps).default('block'),
    )
    .option('--metrics <ids>', `separated by commas, out of ${probeMetrics.join(', ')}`, wordList(probeMetrics), [
      ...probeMetrics,
    ])
    .option('--out <file>', 'also write the result as JSON')
    .action(async (name: string, options: Options) => {
      const { tap, metrics } = options;
      const job = { type: 'diagnose', ...checkpointData(name, options, context), tap, metrics } as const;
      const result = await runJob<'diagnose'>(job, context, countProgress(context));
      const value = diagnosisOf(result, job.checkpoint);
      if (options.out !== undefined) writeJsonFile(path.resolve(options.out), value);
      context.result(value, textOf(result));
    });
}

/** The saved form; what identifies checkpoint, data and engine comes after the values. */
function diagnosisOf(result: ResultOf<'diagnose'>, checkpoint: string) {
  const { definition, tap, tokens, images, metrics, split, dataset, engine } = result;
  return { definition, tap, tokens, images, metrics, checkpoint, split, dataset, engine };
}

function textOf({ tap, images, split, dataset, metrics }: ResultOf<'diagnose'>): string {
  const ids = probeMetrics.filter((id) => metrics[id]);
  const columns = ids.map((id) => decodeList(metrics[id] ?? []));
  const rows = (columns[0] ?? []).map((_, layer) => [String(layer), ...columns.map((c) => formatNumber(c[layer], 4))]);
  return `${images} images of ${dataset.name}, split ${split}; patches, tap ${tap}\n\n${table(['layer', ...ids], rows)}`;
}
