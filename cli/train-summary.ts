// What a training came to, for stdout: a table for people, one object for programs.
import { decodeNumber, type SavedNumber } from '../contract/numbers.ts';
import type { Run } from '../contract/saved/run.ts';
import { formatDuration, formatNumber, formatPercent } from '../core/format.ts';
import { pairs } from './table.ts';

const number = (x: SavedNumber | null | undefined): number | null =>
  x === null || x === undefined ? null : decodeNumber(x);

export function summaryText(run: Run, dir: string): string {
  const { summary, progress, engine, dataset } = run;
  const rows: [string, string][] = [
    ['status', run.error ? `${run.status}: ${run.error.message}` : run.status],
    ['steps', progress ? `${progress.step} of ${progress.steps} (epoch ${formatNumber(progress.epoch)})` : '-'],
    ['top-1', formatPercent(number(summary['val/top1']))],
    ['top-5', formatPercent(number(summary['val/top5']))],
    ['validation loss', formatNumber(number(summary['val/loss']))],
  ];
  if (summary['val_ema/top1'] !== null) rows.push(['top-1 of the EMA', formatPercent(number(summary['val_ema/top1']))]);
  if (summary.best_top1 !== null)
    rows.push(['best top-1', `${formatPercent(number(summary.best_top1))} at step ${summary.best_step}`]);
  for (const [tap, value] of Object.entries(summary.last_layer_similarity))
    rows.push([`last-layer cos_abs, tap ${tap}`, formatNumber(number(value))]);
  rows.push(
    ['images/s', formatNumber(number(summary.images_per_s))],
    ['time', formatDuration(run.times.trained_s)],
    ['parameters', run.parameters === null ? '-' : run.parameters.toLocaleString('en-US')],
    ['engine', engine ? `${engine.name} (${engine.form}, ${engine.version}, ${run.threads} threads)` : '-'],
    ['dataset', dataset ? `${dataset.name}: ${dataset.train} train, ${dataset.val} validation` : '-'],
    ['seed', String(run.recipe.seed)],
    ['folder', dir],
  );
  return pairs(rows);
}
