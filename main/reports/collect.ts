// The numbers of a report: one plain object per run, taken from its folder. HTML and JSON are two views of it.
import { decodeNumber, type SavedNumber } from '../../contract/numbers.ts';
import type { LayersLine, MetricsLine } from '../../contract/saved/lines.ts';
import type { CheckpointEntry, Run, RunStatus } from '../../contract/saved/run.ts';
import type { Point } from '../../core/series.ts';
import { readLayers, readMetrics, readSeriesInTurns } from '../runs/series.ts';
import { checkpointsOf, type ReadableRun } from '../runs/view.ts';

export interface ReportRun {
  id: string;
  /** The name to show; told apart from others of the same name by the caller. */
  name: string;
  dir: string;
  status: RunStatus;
  reason: string;
  run: Run;
  metrics: MetricsLine[];
  layers: LayersLine[];
  checkpoints: CheckpointEntry[];
  /** Lines that could not be read, a torn last one among them. */
  brokenLines: number;
}

/** Throws FORMAT_NEWER or FILE_IO for files that cannot be read. */
export function collect(views: readonly ReadableRun[]): ReportRun[] {
  return views.map((view, i) => reportRun(view, shownNames(views)[i], readMetrics(view.dir), readLayers(view.dir)));
}

/** The same, in turns with whatever else the process does. */
export async function collectInTurns(views: readonly ReadableRun[]): Promise<ReportRun[]> {
  const names = shownNames(views);
  const runs: ReportRun[] = [];
  for (const [i, view] of views.entries()) {
    const { metrics, layers } = await readSeriesInTurns(view.dir);
    runs.push(reportRun(view, names[i], metrics, layers));
  }
  return runs;
}

interface Read<T> {
  lines: T[];
  broken: number;
}

function reportRun(
  view: ReadableRun,
  name: string | undefined,
  metrics: Read<MetricsLine>,
  layers: Read<LayersLine>,
): ReportRun {
  return {
    id: view.id,
    name: name ?? view.id,
    dir: view.dir,
    status: view.status,
    reason: view.reason,
    run: view.run,
    metrics: metrics.lines,
    layers: layers.lines,
    checkpoints: checkpointsOf(view.dir),
    brokenLines: metrics.broken + layers.broken,
  };
}

/** The names given in notes, else the recipes'; equal ones told apart by the run's time. */
function shownNames(views: readonly ReadableRun[]): string[] {
  const names = views.map((v) => v.notes?.name ?? v.run.recipe.name);
  return views.map(({ id }, i) => {
    const name = names[i] ?? id;
    return names.filter((n) => n === name).length > 1 ? `${name} (${id.slice(0, 15)})` : name;
  });
}

/** [step, value] of every line that has the tag. */
export function scalar(run: ReportRun, tag: string): Point[] {
  return run.metrics.flatMap((line): Point[] => {
    const value: SavedNumber | undefined = line[tag];
    return value === undefined ? [] : [[line.step, decodeNumber(value)]];
  });
}

/** Tags that begin so, in alphabetical order. */
export function tagsOf(runs: readonly ReportRun[], prefix: string): string[] {
  const tags = new Set(runs.flatMap((r) => r.metrics.flatMap((line) => Object.keys(line))));
  return [...tags].filter((t) => t.startsWith(prefix)).sort();
}
