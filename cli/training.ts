// One training of a command, shown as it goes. Shared by `train`, `resume` and the folder of recipes.
import type { Run } from '../contract/saved/run.ts';
import type { FromWorker, JobOf } from '../contract/worker-api.ts';
import { viewRun } from '../main/runs/view.ts';
import type { CliContext } from './context.ts';
import { runJob } from './jobs.ts';
import { TrainProgress } from './progress.ts';

/** Runs a training to its end and shows it on stderr. Throws what runJob throws. */
export async function runTraining(
  job: JobOf<'train'> | JobOf<'resume'>,
  context: CliContext,
): Promise<{ run: Run; dir: string }> {
  const { name, form, threads } = job.engine;
  context.progress(`run folder ${job.dir}`);
  context.progress(`engine ${name} (${form}), ${threads} threads; dataset ${job.dataset.name} (${job.dataset.path})`);
  const progress = new TrainProgress(context, () => stepsOf(job.dir));
  const listen = (message: FromWorker) => progress.heard(message);
  try {
    const ended = await (job.type === 'train' ? runJob(job, context, listen) : runJob(job, context, listen));
    progress.end();
    context.progress(`ended: ${ended.run.status}`);
    return ended;
  } finally {
    progress.end();
  }
}

function stepsOf(dir: string): number | undefined {
  const view = viewRun(dir);
  return view.kind === 'run' ? view.run.progress?.steps : undefined;
}
