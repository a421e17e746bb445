// Keeps the columns of long runs before they are asked for, while nobody waits: a comparison of many then opens without parsing.
import type { RunRow } from '../../contract/app/runs.ts';
import { liveStatuses } from '../../contract/saved/run.ts';
import { readCurves } from '../runs/columns.ts';
import type { AppContext } from './context.ts';
import { columnsFolder } from './series.ts';

/** As many as two comparisons hold. */
const most = 40;

/** The newest runs that have ended, one after the other. What cannot be read is told when it is asked for. */
export async function warmColumns(app: AppContext, rows: readonly RunRow[], signal: AbortSignal): Promise<void> {
  const ended = rows.filter((row) => row.step !== null && !liveStatuses.some((s) => s === row.status));
  for (const { dir } of ended.slice(0, most)) {
    if (signal.aborted) return;
    await readCurves(dir, columnsFolder(app.cache), []).catch(() => {});
  }
}
