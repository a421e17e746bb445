// `unsmooth train RECIPE`: from a recipe to a run folder.
import path from 'node:path';
import type { Command } from 'commander';
import type { FromWorker, JobOf } from '../../contract/worker-api.ts';
import { viewRun } from '../../main/runs/view.ts';
import { prepareTraining } from '../../main/training/prepare.ts';
import { readRecipe } from '../../main/training/recipe-file.ts';
import type { CliContext } from '../context.ts';
import { runJob } from '../jobs.ts';
import { TrainProgress } from '../progress.ts';
import { summaryText } from '../train-summary.ts';

interface Options {
  set: string[];
  runs?: string;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

export function register(program: Command, context: CliContext): void {
  program
    .command('train')
    .description('train from a recipe (YAML or JSON) and print the summary and the folder of the run')
    .argument('<recipe>', 'file of the recipe')
    .option('--set <field=value>', 'set a field over the recipe, as in train.epochs=2; may be repeated', collect, [])
    .option('--runs <dir>', 'folder that the run folder is made in, instead of the library')
    .option('--json', 'one JSON object on stdout')
    .action(async (file: string, options: Options) => {
      const recipe = readRecipe(file, options.set);
      const runs = options.runs === undefined ? context.runs : path.resolve(options.runs);
      const { job, notes } = prepareTraining(recipe, { library: context.library, runs });
      for (const note of notes) context.progress(note);
      await train(job, context);
    });
}

/** Runs a training to its end, shows it, prints its summary and sets the exit code. Shared with `resume`. */
export async function train(job: JobOf<'train'> | JobOf<'resume'>, context: CliContext): Promise<void> {
  const { name, form, threads } = job.engine;
  context.progress(`run folder ${job.dir}`);
  context.progress(`engine ${name} (${form}), ${threads} threads; dataset ${job.dataset.name} (${job.dataset.path})`);
  const progress = new TrainProgress(context, () => stepsOf(job.dir));
  const listen = (message: FromWorker) => progress.heard(message);
  try {
    const { run, dir } = await (job.type === 'train' ? runJob(job, context, listen) : runJob(job, context, listen));
    progress.end();
    const { status } = run;
    context.progress(`ended: ${status}`);
    context.result({ dir, run }, summaryText(run, dir));
    context.exitCode = status === 'done' ? 0 : status === 'stopped' || status === 'interrupted' ? 130 : 1;
  } finally {
    progress.end();
  }
}

function stepsOf(dir: string): number | undefined {
  const view = viewRun(dir);
  return view.kind === 'run' ? view.run.progress?.steps : undefined;
}
