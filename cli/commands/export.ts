// `unsmooth export CHECKPOINT --to timm|hugging-face|onnx --out PATH`: a checkpoint in a form that others load.
import path from 'node:path';
import { type Command, Option } from 'commander';
import { type ExportTarget, exportTargets, type ResultOf } from '../../contract/worker-api.ts';
import { classNamesOf } from '../../main/checkpoints/class-names.ts';
import { resolveCheckpoint } from '../../main/checkpoints/resolve.ts';
import { formatBytes } from '../../main/engines/index.ts';
import type { CliContext } from '../context.ts';
import { readingProgress } from '../dataset-job.ts';
import { runJob } from '../jobs.ts';
import { numberList, wholeNumber } from '../options.ts';

interface Options {
  to: ExportTarget;
  out: string;
  heads?: number;
  weights?: string;
  imageSize?: number;
  mean?: number[];
  std?: number[];
  force?: true;
}

export function register(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('give a checkpoint back: for timm, as a Hugging Face folder, or as ONNX')
    .argument('<checkpoint>', 'a file of weights, or a run whose newest checkpoint is meant')
    .addOption(new Option('--to <target>', 'what will load it').choices(exportTargets).makeOptionMandatory())
    .requiredOption('--out <path>', 'file to write; for hugging-face a folder')
    .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
    .option('--weights <set>', 'which weights, where the file has several sets')
    .option('--image-size <px>', 'resize the position embedding for images of this side', wholeNumber)
    .option('--mean <m>', 'mean per channel, where the file does not say', numberList)
    .option('--std <s>', 'standard deviation per channel, where the file does not say', numberList)
    .option('--force', 'replace what is there')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: Options) => {
      const checkpoint = resolveCheckpoint(name, context.runs);
      const shown = readingProgress(context);
      try {
        const { type: _, ...result } = await runJob<'export'>(
          {
            type: 'export',
            checkpoint,
            target: options.to,
            out: path.resolve(options.out),
            heads: options.heads ?? null,
            weights: options.weights ?? null,
            imageSize: options.imageSize ?? null,
            mean: options.mean ?? null,
            std: options.std ?? null,
            labels: classNamesOf(checkpoint, context.library),
            force: options.force ?? false,
          },
          context,
          shown.heard,
        );
        shown.end();
        context.result(result, text(result));
      } finally {
        shown.end();
      }
    });
}

function text({ files, load, notes }: Omit<ResultOf<'export'>, 'type'>): string {
  const written = files.map((f) => `written: ${f.path} (${formatBytes(f.bytes)})`);
  return [...written, `load it: ${load}`, ...notes.map((note) => `note: ${note}`)].join('\n');
}
