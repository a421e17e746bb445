// `unsmooth compare A B …`: runs and diagnose files side by side.
import type { Command } from 'commander';
import { UnsmoothError } from '../../contract/errors.ts';
import { taps } from '../../contract/recipe.ts';
import { formatNumber, formatPercent } from '../../core/format.ts';
import { type Comparison, compare } from '../../main/reports/compare.ts';
import type { CliContext } from '../context.ts';
import { table } from '../table.ts';

export function register(program: Command, context: CliContext): void {
  program
    .command('compare')
    .description('two or more runs, or files of `diagnose --out`, side by side')
    .argument('<items...>', 'runs (folder, id or the beginning of one) and files')
    .option('--json', 'one JSON object on stdout')
    .action((items: string[]) => {
      if (items.length < 2) throw new UnsmoothError('USAGE', 'compare takes two or more items', 'Name another one.');
      const comparison = compare(items, context.runs);
      context.result(comparison, textOf(comparison));
    });
}

function textOf({ items, recipe_diff }: Comparison): string {
  const names = items.map((i) => i.name);
  const reached = table(
    ['', ...names],
    [
      ['status', ...items.map((i) => i.status ?? i.kind)],
      ['step', ...items.map((i) => formatNumber(i.step, 6))],
      ['best top-1', ...items.map((i) => formatPercent(i.best_top1))],
      ['last top-1', ...items.map((i) => formatPercent(i.top1))],
      ['last loss', ...items.map((i) => formatNumber(i.loss))],
      ['images/s', ...items.map((i) => formatNumber(i.images_per_s))],
    ],
  );
  const runNames = items.filter((i) => i.kind === 'run').map((i) => i.name);
  const differing = recipe_diff.map(({ field, values }) => [field, ...values.map((v) => JSON.stringify(v) ?? '-')]);
  const recipes =
    runNames.length < 2
      ? []
      : [differing.length ? table(['recipe', ...runNames], differing) : 'the recipes are the same'];
  return [reached, ...layerTables(items, names), ...recipes].join('\n\n');
}

function layerTables(items: Comparison['items'], names: readonly string[]): string[] {
  const ids = [...new Set(items.flatMap((i) => Object.keys(i.layers)))];
  return ids.flatMap((id) =>
    taps.flatMap((tap) => {
      const columns = items.map((i) => i.layers[id]?.[tap]);
      const layers = Math.max(0, ...columns.map((c) => c?.length ?? 0));
      if (layers === 0) return [];
      const rows = Array.from({ length: layers }, (_, l) => [
        String(l),
        ...columns.map((c) => formatNumber(c?.[l], 4)),
      ]);
      return [table([`${id}, tap ${tap}, layer`, ...names], rows)];
    }),
  );
}
