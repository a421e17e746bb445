// Brings the backend's events into the stores, and their first state. The one place where stores are fed without being asked.
import type { Pinia } from 'pinia';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/saved/settings.ts';
import type { Backend } from '../backend/backend.ts';
import { useNotices } from '../stores/notices.ts';
import { useRuns } from '../stores/runs.ts';
import { useSeries } from '../stores/series.ts';
import { useSettings } from '../stores/settings.ts';
import { useTasks } from '../stores/tasks.ts';

/** Resolves with the settings; the runs follow when they have been read. */
export async function syncStores(backend: Backend, pinia: Pinia): Promise<Settings> {
  const [runs, series, settings, tasks, notices] = [
    useRuns(pinia),
    useSeries(pinia),
    useSettings(pinia),
    useTasks(pinia),
    useNotices(pinia),
  ];
  backend.on('runs', ({ changed, removed }) => runs.change(changed, removed));
  backend.on('trainings', (states) => {
    runs.trainings = states;
  });
  backend.on('series', (update) => series.update(update));
  backend.on('task', (event) => tasks.heard(event));
  backend.on('problem', (error) => notices.error(UnsmoothError.fromData(error)));
  settings.set(await backend.call('app.settings', {}));
  backend
    .call('runs.list', {})
    .then((rows) => runs.setAll(rows))
    .catch((e: unknown) => runs.failed(e));
  backend
    .call('training.states', {})
    .then((states) => {
      runs.trainings = states;
    })
    .catch((e: unknown) => notices.error(e));
  return settings.value;
}
