// What of an ablation is done and what is left, by the run folders alone: nothing else is kept, so nothing can disagree with them.
import type { Recipe } from '../../../contract/recipe.ts';
import type { DatasetIdentity } from '../../../contract/saved/run.ts';
import { flatten } from '../../../core/diff.ts';
import { estimateWork } from '../../../core/estimate.ts';
import { modelOf } from '../../../core/recipe-on-data.ts';
import { listRuns } from '../../runs/find.ts';
import { checkpointsOf, type ReadableRun } from '../../runs/view.ts';
import { type Cell, recipeKey } from './read.ts';

export type CellState =
  | { state: 'done'; run: ReadableRun }
  /** Another process trains it now. */
  | { state: 'training'; run: ReadableRun }
  /** Stopped or interrupted: goes on from its last checkpoint. */
  | { state: 'interrupted'; run: ReadableRun }
  | { state: 'failed'; run: ReadableRun; resumable: boolean }
  | { state: 'left' };

export type Placed = Cell & { at: CellState };

/** Every cell with its run: the newest that is done, else one that goes on, else the newest that failed. */
export function placed(cells: readonly Cell[], runs: string): Placed[] {
  const byRecipe = new Map<string, ReadableRun[]>();
  for (const view of listRuns(runs)) {
    if (view.kind !== 'run') continue;
    const key = recipeKey(view.run.recipe);
    byRecipe.set(key, [...(byRecipe.get(key) ?? []), view]);
  }
  return cells.map((cell) => ({ ...cell, at: stateOf(byRecipe.get(recipeKey(cell.recipe)) ?? []) }));
}

/** `views`: runs of one recipe, newest first. */
function stateOf(views: readonly ReadableRun[]): CellState {
  const done = views.find((v) => v.status === 'done');
  if (done) return { state: 'done', run: done };
  const training = views.find((v) => v.alive);
  if (training) return { state: 'training', run: training };
  const ended = views.find((v) => v.status === 'interrupted' || v.status === 'stopped');
  if (ended) return { state: 'interrupted', run: ended };
  const [failed] = views;
  if (!failed) return { state: 'left' };
  // one that diverged would diverge again from its checkpoint
  const resumable = failed.status === 'failed' && checkpointsOf(failed.dir).length > 0;
  return { state: 'failed', run: failed, resumable };
}

/**
 * Seconds until a cell is done, by the time of those done runs whose recipes are nearest to it, as much longer as its operations are
 * more; null where none is done.
 */
export function secondsLeft(cell: Placed, all: readonly Placed[]): number | null {
  const { at } = cell;
  if (at.state === 'done') return 0;
  const own = flatten(cell.recipe);
  const timed = all.flatMap(({ recipe, at }) => {
    if (at.state !== 'done') return [];
    const other = flatten(recipe);
    const differs = (f: string) => f !== 'seed' && f !== 'name' && JSON.stringify(own[f]) !== JSON.stringify(other[f]);
    const { dataset, times } = at.run.run;
    const more = dataset ? operations(cell.recipe, dataset) / operations(recipe, dataset) : 1;
    return [{ distance: Object.keys(own).filter(differs).length, seconds: times.trained_s * more }];
  });
  if (timed.length === 0) return null;
  const nearest = Math.min(...timed.map((t) => t.distance));
  const near = timed.filter((t) => t.distance === nearest);
  const whole = near.reduce((sum, t) => sum + t.seconds, 0) / near.length;
  const progress = at.state === 'interrupted' || at.state === 'training' ? at.run.run.progress : null;
  return whole * (progress ? 1 - progress.step / progress.steps : 1);
}

const operations = (recipe: Recipe, on: DatasetIdentity): number => estimateWork(recipe, modelOf(recipe, on), on).flops;
