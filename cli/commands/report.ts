// `unsmooth report RUN…`: one self-contained file of one or more runs.
import path from 'node:path';
import type { Command } from 'commander';
import { reportFormats, reportFormatsOf, writeReport } from '../../main/reports/write.ts';
import { readableRun } from '../../main/runs/find.ts';
import type { CliContext } from '../context.ts';

export function register(program: Command, context: CliContext): void {
  program
    .command('report')
    .description('write a report of one or more runs')
    .argument('<runs...>', 'folder, id, or the beginning of an id')
    .option('--format <formats>', `separated by commas, out of ${reportFormats.join(', ')}`, 'html')
    .option('--out <dir>', 'folder to write into', '.')
    .option('--json', 'one JSON object on stdout')
    .action((names: string[], options: { format: string; out: string }) => {
      const formats = reportFormatsOf(options.format);
      const views = names.map((name) => readableRun(context.runs, name));
      const files = writeReport(views, formats, path.resolve(options.out));
      context.result({ runs: views.map((v) => v.id), files }, files.join('\n'));
    });
}
