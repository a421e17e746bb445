// Puts runs away: folders that nobody trains.
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { viewRun } from '../runs/view.ts';
import type { AppContext } from './context.ts';
import type { RemovedItems } from './removed.ts';
import { runDir } from './run-folder.ts';
import type { Trainings } from './trainings.ts';

export function removalServices(
  app: AppContext,
  trainings: Trainings,
  removed: RemovedItems,
): Pick<AppApi, 'runs.remove'> {
  return {
    'runs.remove'({ ids }) {
      const items = [...new Set(ids)].map((id) => {
        const dir = runDir(app, id);
        refuseLiving(dir, id, trainings);
        return { name: `run ${id}`, paths: [dir] };
      });
      return removed.remove(items);
    },
  };
}

/** Throws RUN_ALIVE. */
export function refuseLiving(dir: string, id: string, trainings: Trainings): void {
  const view = viewRun(dir);
  const alive = trainings.has(id) || (view.kind === 'run' && view.alive);
  if (!alive) return;
  const name = view.kind === 'run' ? (view.notes?.name ?? view.run.recipe.name) : id;
  throw new UnsmoothError('RUN_ALIVE', `run ${name} is being trained`, 'Stop it first.');
}
