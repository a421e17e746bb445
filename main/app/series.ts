// The numbers of runs for the charts: whole, or followed while a run writes them.
import path from 'node:path';
import type { Curves } from '../../contract/app/series.ts';
import type { AppApi } from '../../contract/app-api.ts';
import { turns } from '../files/turns.ts';
import { readCurves, readProbes } from '../runs/columns.ts';
import { previewCurves } from '../runs/preview.ts';
import type { AppContext } from './context.ts';
import type { Followers } from './follow.ts';
import { runDir } from './run-folder.ts';

type SeriesCalls = 'series.curves' | 'series.preview' | 'series.layers' | 'series.follow' | 'series.unfollow';

export const columnsFolder = (cache: string): string => path.join(cache, 'series');

export function seriesServices(app: AppContext, followers: Followers): Pick<AppApi, SeriesCalls> {
  return {
    'series.curves': ({ id, tags }) => readCurves(runDir(app, id), columnsFolder(app.cache), tags),
    async 'series.preview'({ ids, tags }) {
      const pause = turns();
      const found: Record<string, Curves> = {};
      for (const id of ids) {
        try {
          found[id] = previewCurves(runDir(app, id), tags);
        } catch {} // what is wrong with a run is said when it is read
        await pause();
      }
      return found;
    },
    'series.layers': ({ id }) => readProbes(runDir(app, id)),
    async 'series.follow'({ id }) {
      await followers.follow(id, runDir(app, id));
      return null;
    },
    'series.unfollow'({ id }) {
      followers.unfollow(id);
      return null;
    },
  };
}
