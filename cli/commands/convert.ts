// `unsmooth convert CHECKPOINT --out F.safetensors`: a checkpoint of any layout with timm's names, as training and timm itself take it.
import path from 'node:path';
import type { Command } from 'commander';
import { resolveCheckpoint } from '../../main/checkpoints/resolve.ts';
import { formatBytes } from '../../main/engines/index.ts';
import type { CliContext } from '../context.ts';
import { readingProgress } from '../dataset-job.ts';
import { runJob } from '../jobs.ts';
import { wholeNumber } from '../options.ts';
import { pairs } from '../table.ts';

interface Options {
  out: string;
  heads?: number;
  imgSize?: number;
  weights?: string;
}

export function register(program: Command, context: CliContext): void {
  program
    .command('convert')
    .description("write a checkpoint of any layout as .safetensors with timm's names")
    .argument('<checkpoint>', 'a file of weights, its folder, or a run whose newest checkpoint is meant')
    .requiredOption('--out <file>', 'the .safetensors file to write')
    .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
    .option('--img-size <pixels>', 'image size: the position embedding is resized', wholeNumber)
    .option('--weights <name>', 'which set of weights, where the file has several (model_ema)')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: Options) => {
      const shown = readingProgress(context);
      const { type: _, ...result } = await runJob<'convert'>(
        {
          type: 'convert',
          file: resolveCheckpoint(name, context.runs),
          out: path.resolve(options.out),
          heads: options.heads ?? null,
          weights: options.weights,
          img_size: options.imgSize ?? null,
        },
        context,
        shown.heard,
      ).finally(shown.end);
      const lines: [string, string][] = [
        ['read', result.file],
        ['layout', result.layout],
        ['parameters', result.parameters.toLocaleString('en-US')],
        ...result.notes.map((n): [string, string] => ['note', n]),
        ...result.problems.map((p): [string, string] => ['problem', p]),
        ['written', `${result.out} (${formatBytes(result.bytes)})`],
      ];
      context.result(result, pairs(lines));
    });
}
