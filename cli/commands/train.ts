// `unsmooth train RECIPE`: from a recipe to a run folder, or from a folder of recipes to a table.
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobOf } from '../../contract/worker-api.ts';
import { prepareTraining } from '../../main/training/prepare.ts';
import { readRecipe } from '../../main/training/recipe-file.ts';
import { trainFolder } from '../ablation.ts';
import type { CliContext } from '../context.ts';
import { summaryText } from '../train-summary.ts';
import { runTraining } from '../training.ts';

interface Options {
  set: string[];
  runs?: string;
  out?: string;
  list?: boolean;
  retry?: boolean;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

export function register(program: Command, context: CliContext): void {
  program
    .command('train')
    .description('train from a recipe (YAML or JSON) and print the summary and the folder of the run')
    .argument('<recipe>', 'file of the recipe; or a folder of recipes, of which is trained what is not done yet')
    .option('--set <field=value>', 'set a field over the recipe, as in train.epochs=2; may be repeated', collect, [])
    .option('--runs <dir>', 'folder that the run folder is made in, instead of the library')
    .option('--list', 'of a folder: show what is done and what is left, and train nothing')
    .option('--retry', 'of a folder: train again what failed')
    .option('--out <dir>', 'of a folder: where its table is written (default: ablations/ in the library)')
    .option('--json', 'one JSON object on stdout')
    .action(async (file: string, options: Options) => {
      const runs = options.runs === undefined ? context.runs : path.resolve(options.runs);
      if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
        const out = options.out === undefined ? undefined : path.resolve(options.out);
        return trainFolder(file, { ...options, runs, out }, context);
      }
      refuseFolderOptions(file, options);
      const recipe = readRecipe(file, options.set);
      const { job, notes } = prepareTraining(recipe, { library: context.library, runs });
      for (const note of notes) context.progress(note);
      await train(job, context);
    });
}

function refuseFolderOptions(file: string, options: Options): void {
  const given = (['list', 'retry', 'out'] as const).find((name) => options[name] !== undefined);
  if (given)
    throw new UnsmoothError('USAGE', `--${given} is for a folder of recipes; ${file} is none`, 'Give the folder.');
}

/** Runs a training to its end, prints its summary and sets the exit code. Shared with `resume`. */
export async function train(job: JobOf<'train'> | JobOf<'resume'>, context: CliContext): Promise<void> {
  const { run, dir } = await runTraining(job, context);
  const { status } = run;
  context.result({ dir, run }, summaryText(run, dir));
  context.exitCode = status === 'done' ? 0 : status === 'stopped' || status === 'interrupted' ? 130 : 1;
}
