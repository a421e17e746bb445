// The calls on engines: what is there, how fast, and how to get the rest.
import type { EngineRow, Finding } from '../../contract/app/engines.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { chooseEngine } from '../engines/choose.ts';
import { type Finding as Examined, examine } from '../engines/doctor.ts';
import { type EngineName, engineStatus, installEngine, listEngines, removeEngine } from '../engines/engines.ts';
import { keepSpeed, readSpeeds, shapesToMeasure, speedOf } from '../engines/speeds.ts';
import type { AppContext } from './context.ts';
import type { Tasks } from './tasks.ts';
import type { Trainings } from './trainings.ts';

type EngineCalls = Extract<keyof AppApi, `engines.${string}`>;

/** Timed steps a round. */
const steps = 3;

export function engineServices(app: AppContext, tasks: Tasks, trainings: Trainings): Pick<AppApi, EngineCalls> {
  const rows = (): EngineRow[] => {
    const chosen = chooseEngine('auto', 'auto', { cache: app.cache }).engine.name;
    const speeds = readSpeeds(app.cache);
    return listEngines(app.cache).map((status) => {
      const speed = speeds[status.name];
      return {
        ...status,
        get: windowWords(status.name, status.get),
        chosen: status.name === chosen,
        speed: speed
          ? {
              images_per_s: speed.images_per_s,
              gflops: speed.points[0]?.gflops ?? 0,
              threads: speed.threads,
              at: speed.at,
            }
          : null,
      };
    });
  };
  const row = (name: EngineName): EngineRow => {
    const found = rows().find((r) => r.name === name);
    if (found) return found;
    throw new UnsmoothError('ENGINE_UNKNOWN', `There is no engine ${name}.`);
  };

  return {
    'engines.list': rows,
    'engines.doctor': async () => (await examine({ library: app.library, cache: app.cache })).map(finding),
    'engines.install': ({ name, task }) =>
      tasks.run(task, async ({ signal, progress }) => {
        const onProgress: NonNullable<Parameters<typeof installEngine>[1]>['onProgress'] = (p) => {
          if ('bytes' in p) progress(p.bytes, p.total, 'bytes', p.message);
          else progress(0, 0, '', p.message);
        };
        await installEngine(name, { cache: app.cache, signal, onProgress });
        return row(name);
      }),
    async 'engines.remove'({ name }) {
      if (trainings.busy().length > 0 && engineStatus(name, app.cache).state === 'installed')
        throw new UnsmoothError('RUN_ALIVE', 'a run is being trained', 'Stop it first, then remove the engine.');
      await removeEngine(name, { cache: app.cache });
      return row(name);
    },
    async 'engines.measure'({ name, task }) {
      const { engine } = chooseEngine(name, 'auto', { cache: app.cache });
      const bench = await tasks.job(task, {
        type: 'bench',
        shapes: shapesToMeasure(name),
        steps,
        python: null,
        precision: 'fp32',
        losses: true,
        compile: false,
        engine,
      });
      keepSpeed(app.cache, name, speedOf(bench));
      return row(name);
    },
  };
}

/** What is optional is no fault; it says how to get it all the same. */
const finding = ({ what, state, found, get }: Examined): Finding => ({
  name: what,
  ok: state !== 'missing',
  found: state === 'optional' ? found || 'not there; optional' : found,
  fix: get,
});

/** The command line's way to get an engine is a button here: there is nothing more to say. */
const windowWords = (name: string, get: string): string =>
  get === `unsmooth engines install ${name}` ? '' : get.replace(/ \(unsmooth engines install \w+\)/, '');
