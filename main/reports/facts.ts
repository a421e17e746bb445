// What a report states about its runs besides curves: the summary, and what is needed to repeat each of them. Rows of text.
import { decodeNumber, type SavedNumber } from '../../contract/numbers.ts';
import { taps } from '../../contract/recipe.ts';
import { formatDuration, formatNumber, formatPercent } from '../../core/format.ts';
import type { ReportRun } from './collect.ts';

/** A row: what it is, then one cell per run. */
export type Row = [string, ...string[]];

const value = (x: SavedNumber | null | undefined): number | null =>
  x === null || x === undefined ? null : decodeNumber(x);

export function summaryRows(runs: readonly ReportRun[]): Row[] {
  const row = (name: string, cell: (r: ReportRun) => string): Row => [name, ...runs.map(cell)];
  return [
    row('Status', (r) => (r.reason ? `${r.status}: ${r.reason}` : r.status)),
    row('Best validation top-1', (r) => {
      const { best_top1, best_step } = r.run.summary;
      return best_top1 === null ? '-' : `${formatPercent(value(best_top1))} (step ${best_step})`;
    }),
    row('Last validation top-1', (r) => formatPercent(value(r.run.summary['val/top1']))),
    row('Last validation top-5', (r) => formatPercent(value(r.run.summary['val/top5']))),
    row('Last validation loss', (r) => formatNumber(value(r.run.summary['val/loss']))),
    ...(runs.some((r) => r.run.summary['val_ema/top1'] !== null)
      ? [row('Last validation top-1 of the EMA', (r) => formatPercent(value(r.run.summary['val_ema/top1'])))]
      : []),
    ...taps
      .filter((tap) => runs.some((r) => r.run.summary.last_layer_similarity[tap] !== undefined))
      .map((tap) =>
        row(`Last-layer cos_abs, tap ${tap}`, (r) => formatNumber(value(r.run.summary.last_layer_similarity[tap]))),
      ),
    row('Steps', (r) => (r.run.progress ? `${r.run.progress.step} of ${r.run.progress.steps}` : '-')),
    row('Images/s', (r) => formatNumber(value(r.run.summary.images_per_s))),
    row('Time in training', (r) => formatDuration(r.run.times.trained_s)),
    row('Parameters', (r) => r.run.parameters?.toLocaleString('en-US') ?? '-'),
  ];
}

export function provenanceRows(runs: readonly ReportRun[]): Row[] {
  const row = (name: string, cell: (r: ReportRun) => string): Row => [name, ...runs.map(cell)];
  return [
    row('Run', (r) => r.id),
    row('Started', (r) => r.run.times.started),
    row('Attempts', (r) => String(r.run.attempts)),
    row('Seed', (r) => String(r.run.recipe.seed)),
    row('Dataset', (r) => {
      const d = r.run.dataset;
      return d ? `${d.name} (${d.kind}), ${d.train} train and ${d.val} validation images` : '-';
    }),
    row('Dataset fingerprint, sha256', (r) => r.run.dataset?.fingerprint ?? '-'),
    row('Engine', (r) => (r.run.engine ? `${r.run.engine.name}, form ${r.run.engine.form}` : '-')),
    row('Engine version', (r) => r.run.engine?.version ?? '-'),
    row('Device', (r) => r.run.engine?.device ?? '-'),
    row('Threads', (r) => String(r.run.threads)),
    row('Precision', (r) => r.run.recipe.precision),
    row('Versions', (r) =>
      Object.entries(r.run.versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(', '),
    ),
    row('Probe', (r) => `first ${r.run.recipe.probe.images} images of the ${r.run.recipe.probe.split} split`),
    row('Checkpoints kept', (r) => r.checkpoints.map((c) => String(c.step)).join(', ') || '-'),
    ...(runs.some((r) => r.brokenLines)
      ? [row('Unreadable lines', (r) => (r.brokenLines ? `${r.brokenLines} left out` : '-'))]
      : []),
  ];
}
