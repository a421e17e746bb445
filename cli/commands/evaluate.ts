// `unsmooth evaluate CHECKPOINT --data DATASET`: top-1, top-5, loss.
import type { Command } from 'commander';
import { decodeNumber } from '../../contract/numbers.ts';
import { formatNumber, formatPercent } from '../../core/format.ts';
import { checkpointData, countProgress } from '../checkpoint-job.ts';
import type { CliContext } from '../context.ts';
import { runJob } from '../jobs.ts';
import { type CheckpointOptions, withCheckpointData } from '../options.ts';
import { pairs } from '../table.ts';

export function register(program: Command, context: CliContext): void {
  withCheckpointData(program.command('evaluate'))
    .description('accuracy and loss of a checkpoint on a dataset')
    .action(async (name: string, options: CheckpointOptions) => {
      const job = { type: 'evaluate', ...checkpointData(name, options, context) } as const;
      const { type: _, ...result } = await runJob<'evaluate'>(job, context, countProgress(context));
      const text = pairs([
        ['checkpoint', job.checkpoint],
        ['dataset', `${result.dataset.name}, split ${result.split}, ${result.images} images`],
        ['top-1', formatPercent(decodeNumber(result.top1))],
        ['top-5', formatPercent(decodeNumber(result.top5))],
        ['loss', formatNumber(decodeNumber(result.loss), 4)],
      ]);
      context.result({ checkpoint: job.checkpoint, ...result }, text);
    });
}
