// The window's services put together: every call of the contract, in plain Node. It knows neither electron nor a window.
import path from 'node:path';
import type { AppApi, AppEvents, EventName } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { locksFolder } from '../engines/folders.ts';
import { runsFolder } from '../runs/paths.ts';
import { DeviceQueue } from '../training/queue.ts';
import { checkpointServices } from './checkpoints.ts';
import type { AppContext, Resources } from './context.ts';
import { datasetServices } from './datasets.ts';
import { engineServices } from './engines.ts';
import { Followers } from './follow.ts';
import { infoServices } from './info.ts';
import { Library } from './library.ts';
import { RemovedItems, removedServices } from './removed.ts';
import { reportServices } from './reports.ts';
import { removalServices } from './run-removal.ts';
import { runServices } from './runs.ts';
import { SavedFiles } from './saved-files.ts';
import { seriesServices } from './series.ts';
import type { ShellPort } from './shell-port.ts';
import { Tasks } from './tasks.ts';
import { trainingServices } from './training.ts';
import { Trainings } from './trainings.ts';
import { warmColumns } from './warm.ts';

export type { Resources } from './context.ts';
export type { ShellPort } from './shell-port.ts';

export interface AppServicesOptions {
  library: string;
  cache: string;
  resources: Resources;
  shell: ShellPort;
  emit<E extends EventName>(event: E, data: AppEvents[E]): void;
  versions: Record<string, string>;
  /** Where the worker's program and its Node lie, where not beside this one. */
  worker?: { script?: string; node?: string };
  /** Time to undo a removal; the product's own by default. */
  undoMs?: number;
}

export interface AppServices {
  api: AppApi;
  /** Trainings of this program that wait or work. */
  busy(): { id: string; name: string }[];
  /** Checkpoints and interrupts every training, ends every other job; resolves when all workers have ended. */
  interruptAll(): Promise<void>;
  /** Watches the library, and sends what an earlier session put away to the bin. Throws FILE_IO where there can be no library. */
  start(): Promise<void>;
  /** Ends watching and following. */
  close(): Promise<void>;
}

/** After the start, which has more urgent things to read. */
const warmMs = 5000;

export function createAppServices(options: AppServicesOptions): AppServices {
  const app: AppContext = {
    library: path.resolve(options.library),
    runs: runsFolder(path.resolve(options.library)),
    cache: options.cache,
    resources: options.resources,
    shell: options.shell,
    versions: options.versions,
    worker: options.worker ?? {},
    queue: new DeviceQueue(locksFolder(options.cache)),
    emit: options.emit,
    problem: (error) => options.emit('problem', UnsmoothError.from(error).toData()),
  };
  const trainings = new Trainings(app, (id) => void library.look([id]).catch(app.problem));
  const library = new Library(app, trainings);
  const tasks = new Tasks(app);
  const followers = new Followers(app);
  const saved = new SavedFiles(app);
  const closed = new AbortController();
  const removed = new RemovedItems(app, () => void library.look().catch(app.problem), options.undoMs);
  return {
    api: {
      ...infoServices(app, tasks, saved),
      ...runServices(app, library),
      ...removalServices(app, trainings, removed),
      ...removedServices(removed),
      ...seriesServices(app, followers),
      ...trainingServices(app, library, trainings),
      ...checkpointServices(app, { library, tasks, trainings, removed, saved }),
      ...datasetServices(app, tasks),
      ...engineServices(app, tasks, trainings),
      ...reportServices(app, library, saved),
    },
    busy: trainings.busy,
    async interruptAll() {
      await Promise.all([trainings.interruptAll(), tasks.cancelAll()]);
    },
    async start() {
      library.start();
      await removed.start();
      setTimeout(
        () => void library.list().then((rows) => warmColumns(app, rows, closed.signal), app.problem),
        warmMs,
      ).unref();
    },
    async close() {
      closed.abort();
      library.close();
      followers.close();
      removed.close();
      await tasks.cancelAll();
    },
  };
}
