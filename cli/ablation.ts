// `unsmooth train FOLDER`: what is not done yet of an ablation, one training after another, and its table after each of them.
import path from 'node:path';
import { UnsmoothError } from '../contract/errors.ts';
import type { Run } from '../contract/saved/run.ts';
import { formatDuration } from '../core/format.ts';
import { withLock } from '../main/engines/lock.mjs';
import { makeFolder } from '../main/files/make-folder.ts';
import { slug } from '../main/runs/paths.ts';
import { tableText, writeTable } from '../main/training/ablation/markdown.ts';
import { type Ablation, readAblation } from '../main/training/ablation/read.ts';
import { type Placed, placed, secondsLeft } from '../main/training/ablation/state.ts';
import { type AblationTable, ablationTable } from '../main/training/ablation/table.ts';
import { prepareResume, prepareTraining } from '../main/training/prepare.ts';
import type { CliContext } from './context.ts';
import { table } from './table.ts';
import { runTraining } from './training.ts';

export interface AblationOptions {
  set: string[];
  /** Folder of the run folders. */
  runs: string;
  out?: string;
  list?: boolean;
  retry?: boolean;
}

/** Throws what is wrong with the folder; a training that fails is said, and the next one begins. Sets the exit code. */
export async function trainFolder(folder: string, options: AblationOptions, context: CliContext): Promise<void> {
  const ablation = readAblation(folder, options.set);
  const cells = placed(ablation.cells, options.runs);
  if (options.list) return context.result(listed(ablation, cells), listText(cells));
  makeFolder(options.runs);
  const lock = path.join(options.runs, `.${slug(ablation.name)}.lock`);
  const onWait = (pid: number) => context.progress(`waiting for process ${pid}, which trains ${ablation.name}`);
  await withLock(lock, () => trainAll(ablation, options, context), { onWait, signal: context.signal });
}

async function trainAll(ablation: Ablation, options: AblationOptions, context: CliContext): Promise<void> {
  const out = options.out ?? path.join(context.library, 'ablations', slug(ablation.name));
  const write = (): AblationTable => {
    const made = ablationTable(ablation, placed(ablation.cells, options.runs), new Date());
    files = writeTable(made, out);
    return made;
  };
  let files: string[] = [];
  let failed = 0;
  for (const [i, { title }] of ablation.cells.entries()) {
    if (context.signal.aborted) break;
    const cells = placed(ablation.cells, options.runs);
    const cell = cells[i] as Placed;
    const say = (text: string) => context.progress(`[${i + 1}/${cells.length}] ${title}: ${text}`);
    const how = wayOf(cell, options.retry === true, say);
    if (how === 'skip-failed') failed++;
    if (how !== 'train' && how !== 'resume') continue;
    say(`${how === 'resume' ? 'goes on' : 'begins'}${leftText(cells)}`);
    const ended = await attempt(cell, how, options, context, say);
    if (ended === 'failed') failed++;
    write();
  }
  const made = write();
  context.result({ ...made, files }, `${tableText(made)}\n${files.join('\n')}`);
  context.exitCode = context.signal.aborted ? 130 : failed > 0 ? 1 : 0;
}

type Way = 'train' | 'resume' | 'skip' | 'skip-failed';

function wayOf({ at }: Placed, retry: boolean, say: (text: string) => void): Way {
  switch (at.state) {
    case 'left':
      return 'train';
    case 'interrupted':
      return 'resume';
    case 'done':
      say(`done (${at.run.id})`);
      return 'skip';
    case 'training':
      say(`another process trains it (${at.run.id})`);
      return 'skip';
    case 'failed':
      if (retry) return at.resumable ? 'resume' : 'train';
      say(`${at.run.status}: ${at.run.reason} (${at.run.id}); --retry trains it again`);
      return 'skip-failed';
    default:
      return at satisfies never;
  }
}

/** One training; what makes it fail is said and kept from the others. Throws what would fail them too. */
async function attempt(
  { recipe, at }: Placed,
  how: 'train' | 'resume',
  options: AblationOptions,
  context: CliContext,
  say: (text: string) => void,
): Promise<Run['status']> {
  const where = { library: context.library, runs: options.runs };
  const { job, notes } =
    how === 'resume' && at.state !== 'left' ? prepareResume(at.run.dir, where) : prepareTraining(recipe, where);
  for (const note of notes) context.progress(note);
  try {
    const { run } = await runTraining(job, context);
    const why = run.error ? `: ${run.error.message}` : '';
    say(`${run.status}${why}, ${formatDuration(run.times.trained_s)}`);
    return run.status;
  } catch (e) {
    const error = UnsmoothError.from(e);
    if (error.code === 'STOPPED') return 'stopped';
    if (error.code === 'DISK_FULL') throw e;
    say(`failed: ${error.message}`);
    return 'failed';
  }
}

/** `, about 12 min left by 5 done runs`. */
function leftText(cells: readonly Placed[]): string {
  const { seconds, done } = left(cells);
  return seconds === null ? '' : `, about ${formatDuration(seconds)} left by ${done} done run${done === 1 ? '' : 's'}`;
}

function left(cells: readonly Placed[]) {
  const each = cells.filter((c) => c.at.state !== 'failed').map((c) => secondsLeft(c, cells));
  const seconds = each.some((s) => s === null) ? null : each.reduce<number>((sum, s) => sum + (s ?? 0), 0);
  return { seconds, done: cells.filter((c) => c.at.state === 'done').length };
}

function listed({ name }: Ablation, cells: readonly Placed[]) {
  const runs = cells.map((cell) => ({
    title: cell.title,
    state: cell.at.state,
    run: cell.at.state === 'left' ? null : cell.at.run.id,
    seconds_left: secondsLeft(cell, cells),
  }));
  return { name, runs, done: left(cells).done, seconds_left: left(cells).seconds };
}

function listText(cells: readonly Placed[]): string {
  const rows = cells.map((cell) => {
    const { at } = cell;
    const time = at.state === 'done' ? formatDuration(at.run.run.times.trained_s) : estimate(secondsLeft(cell, cells));
    return [cell.title, at.state, time, at.state === 'left' ? '-' : at.run.id];
  });
  const { seconds, done } = left(cells);
  const rest = seconds === null ? 'no estimate before one is done' : `about ${formatDuration(seconds)} left`;
  const total = `${done} of ${cells.length} done${done < cells.length ? `; ${rest}` : ''}`;
  return `${table(['training', 'state', 'time', 'run'], rows)}\n${total}`;
}

const estimate = (seconds: number | null): string => (seconds === null ? '-' : `~${formatDuration(seconds)}`);
