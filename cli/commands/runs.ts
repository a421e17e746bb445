// `unsmooth runs`: the runs of the library, newest first.
import path from 'node:path';
import type { Command } from 'commander';
import type { RunRow } from '../../contract/app/runs.ts';
import { formatDuration, formatNumber, formatPercent } from '../../core/format.ts';
import { listRuns } from '../../main/runs/find.ts';
import { runRow } from '../../main/runs/summary.ts';
import type { CliContext } from '../context.ts';
import { table } from '../table.ts';

const head = ['run', 'status', 'dataset', 'model', 'losses', 'step', 'best top-1', 'similarity', 'images/s', 'time'];

const cells = (r: RunRow): string[] => [
  r.id,
  r.status,
  r.dataset ?? '-',
  r.model ?? '-',
  r.losses ?? '-',
  r.step === null ? '-' : `${r.step}/${r.steps}`,
  formatPercent(r.best_top1),
  formatNumber(r.last_layer_similarity),
  formatNumber(r.images_per_s),
  formatDuration(r.trained_s),
];

export function register(program: Command, context: CliContext): void {
  program
    .command('runs')
    .description('list the runs, newest first')
    .option('--runs <dir>', 'folder that holds the run folders, instead of the library')
    .option('--json', 'one JSON object on stdout')
    .action((options: { runs?: string }) => {
      const folder = options.runs === undefined ? context.runs : path.resolve(options.runs);
      const rows = listRuns(folder).map(runRow);
      const reasons = rows.filter((r) => r.reason).map((r) => `${r.id}: ${r.reason}`);
      const text = rows.length ? [table(head, rows.map(cells)), ...reasons].join('\n') : `no runs in ${folder}`;
      context.result({ folder, runs: rows }, text);
    });
}
