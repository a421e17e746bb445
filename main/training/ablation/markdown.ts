// The table of an ablation as Markdown, with what its numbers are and are not.
import path from 'node:path';
import { type Tap, taps } from '../../../contract/recipe.ts';
import { formatDuration, formatNumber } from '../../../core/format.ts';
import type { Spread } from '../../../core/spread.ts';
import { writeJsonFile, writeTextFile } from '../../files/json-file.ts';
import type { AblationTable, SeedResult, TableRow } from './table.ts';

/** Writes table.md and table.json into `folder`; returns their paths. Throws FILE_IO, DISK_FULL. */
export function writeTable(table: AblationTable, folder: string): string[] {
  const [text, numbers] = [path.join(folder, 'table.md'), path.join(folder, 'table.json')];
  writeTextFile(text, tableText(table));
  writeJsonFile(numbers, table);
  return [text, numbers];
}

export function tableText(table: AblationTable): string {
  const { name, axes, rows } = table;
  const shown = taps.filter((tap) => rows.some((r) => r.cos_abs[tap])).reverse();
  const compared = rows.some((r) => r.against);
  const head = [
    'variant',
    ...axes.map((a) => a.split('.').at(-1) ?? a),
    'seeds',
    'top-1, %',
    'each seed',
    ...(compared ? [`against ${rows[0]?.variant}`] : []),
    ...shown.flatMap((tap) => [`cos_abs, tap ${tap}`, 'each seed']),
    'noise floor',
    'images/s',
    'time',
  ];
  const lines = rows.map((r) => line(r, axes, shown, compared));
  return [
    `# ${name}`,
    '',
    ...(table.done < table.of ? [`**${table.done} of ${table.of} runs are done.**`, ''] : []),
    ...Object.entries(table.facts).map(([fact, values]) => `- ${fact}: ${values.join(' · ')}`),
    `- made: ${table.made.slice(0, 10)}`,
    '',
    ...markdownTable(head, lines),
    '',
    ...notes(table, shown, compared),
    '',
  ].join('\n');
}

function line(row: TableRow, axes: readonly string[], shown: readonly Tap[], compared: boolean): string[] {
  const done = row.seeds.filter((s) => s.state === 'done').length;
  return [
    row.variant,
    ...axes.map((a) => String(row.axes[a])),
    done === row.seeds.length ? String(done) : `${done} of ${row.seeds.length}`,
    withSpread(row.top1, 2),
    each(row.seeds, (s) => s.top1, 2),
    ...(compared ? [difference(row)] : []),
    ...shown.flatMap((tap) => [withSpread(row.cos_abs[tap], 3), each(row.seeds, (s) => s.cos_abs[tap], 3)]),
    row.noise_floor === null ? '-' : row.noise_floor.toFixed(3),
    formatNumber(row.images_per_s?.mean),
    formatDuration(row.trained_s?.mean),
  ];
}

function withSpread(spread: Spread | null | undefined, decimals: number): string {
  if (!spread) return '-';
  const mean = spread.mean.toFixed(decimals);
  return spread.half === null ? mean : `${mean} ± ${spread.half.toFixed(decimals)}`;
}

const each = (seeds: readonly SeedResult[], of: (s: SeedResult) => number | null | undefined, decimals: number) =>
  seeds.map((s) => (s.state === 'done' ? (of(s)?.toFixed(decimals) ?? '-') : s.state)).join(', ');

function difference({ against }: TableRow): string {
  if (!against) return '-';
  const sign = against.top1 < 0 ? '−' : '+';
  return `${sign}${Math.abs(against.top1).toFixed(2)}${against.overlap ? ' (within the seeds)' : ''}`;
}

function notes({ rows }: AblationTable, shown: readonly Tap[], compared: boolean): string[] {
  const kinds = new Set(rows.map((r) => r.top1?.kind));
  const seeds = [...new Set(rows.flatMap((r) => r.seeds.map((s) => s.seed)))].sort((a, b) => a - b);
  return [
    `- Seeds, in this order: ${seeds.join(', ')}. One run each.`,
    ...(kinds.has('one') ? ['- A number without ± is one run: nothing is known of its spread.'] : []),
    ...(kinds.has('range')
      ? ['- ± over two seeds is half the distance between them: a range, no confidence interval.']
      : []),
    ...(kinds.has('interval95') ? ["- ± over three seeds and more is half the 95 % interval (Student's t)."] : []),
    ...(compared
      ? [
          '- "within the seeds": the ranges from lowest to highest seed overlap, so the difference in top-1 is not told apart from the seed.',
        ]
      : []),
    '- top-1: validation split, at the last step.',
    ...(shown.length
      ? [
          '- cos_abs: mean over images of |cos| between patch tokens of the last layer (class token excluded), at the last probe. Tap norm: after the final LayerNorm; block: before it. Noise floor: sqrt(2/(π D)), random tokens. Lower is not better by itself: read it beside top-1.',
        ]
      : []),
    '- images/s and time are those of the machine as it was, with whatever else it did meanwhile.',
  ];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}
