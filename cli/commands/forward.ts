// `unsmooth forward CHECKPOINT --input F --out F`: everything the model computes on given images, for comparison with another framework.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { type LossDefinition, lossDefinitions, type Tap, taps } from '../../contract/recipe.ts';
import { formatNumber } from '../../core/format.ts';
import { resolveCheckpoint } from '../../main/checkpoints/resolve.ts';
import { countProgress } from '../checkpoint-job.ts';
import type { CliContext } from '../context.ts';
import { runJob } from '../jobs.ts';
import { type EngineOptions, engineOf, numberList, wholeNumber, withEngine } from '../options.ts';
import { table } from '../table.ts';

interface Options extends EngineOptions {
  input: string;
  out: string;
  heads?: number;
  weights?: string;
  losses?: LossDefinition;
  tap: Tap;
  grads?: number[];
}

export function register(program: Command, context: CliContext): void {
  withEngine(program.command('forward'))
    .description('run a checkpoint on given images; write logits, tokens, losses and gradients')
    .argument('<checkpoint>', 'a file of weights, its folder, or a run whose newest checkpoint is meant')
    .requiredOption('--input <file>', 'safetensors with `images`, normalised, and what the losses need')
    .requiredOption('--out <file>', 'safetensors to write')
    .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
    .option('--weights <name>', 'which set of weights, where the file has several (model_ema)')
    .addOption(new Option('--losses <definition>', 'also the three patch losses').choices(lossDefinitions))
    .addOption(new Option('--tap <tap>', 'last layer of the losses').choices(taps).default('norm'))
    .option('--grads <weights>', 'gradients of CE,COS,CON,MIX weighted so (four numbers)', numberList)
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: Options) => {
      const { type: _, ...result } = await runJob<'forward'>(
        {
          type: 'forward',
          checkpoint: resolveCheckpoint(name, context.runs),
          input: inputFile(options.input),
          out: path.resolve(options.out),
          heads: options.heads ?? null,
          weights: options.weights,
          losses: options.losses ?? null,
          tap: options.tap,
          grads: gradWeights(options.grads),
          engine: engineOf(options, context),
        },
        context,
        countProgress(context),
      );
      const losses = Object.entries(result.losses).map(([k, v]) => `${k}  ${formatNumber(decodeNumber(v), 7)}`);
      const rows = result.tensors.map((t) => [t.name, t.dtype, t.shape.join(' x ')]);
      context.result(
        result,
        [table(['tensor', 'type', 'shape'], rows), ...losses, `written to ${result.out}`].join('\n'),
      );
    });
}

function inputFile(name: string): string {
  if (existsSync(name)) return path.resolve(name);
  throw new UnsmoothError('INPUT_INVALID', `--input: there is no file ${name}`, 'Correct the path.');
}

function gradWeights(weights: number[] | undefined): [number, number, number, number] | null {
  if (weights === undefined) return null;
  const [ce, cos, con, mix, ...rest] = weights;
  if (ce === undefined || cos === undefined || con === undefined || mix === undefined || rest.length)
    throw new UnsmoothError(
      'USAGE',
      `--grads takes four weights, found ${weights.length}`,
      'Give them as CE,COS,CON,MIX, such as 1,1,1,0.',
    );
  return [ce, cos, con, mix];
}
