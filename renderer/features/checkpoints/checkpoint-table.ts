// Which checkpoints the table shows and in which order. No component knows how.
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';

export interface CheckpointFilter {
  /** Words that must all occur in the run's name, its id or the file's name. */
  search: string;
  /** A run's id, or null for all of them. */
  run: string | null;
  bestOnly: boolean;
}

export const sortableColumns = [
  'runName',
  'step',
  'epoch',
  'bytes',
  'top1',
  'last_layer_similarity',
  'created',
] as const;
export type SortableColumn = (typeof sortableColumns)[number];
export interface Sorting {
  key: SortableColumn;
  order: 'asc' | 'desc';
}

/** Its run's name and step: how a checkpoint is called wherever there is no table around it. */
export const titleOf = (c: Pick<CheckpointRow, 'runName' | 'step'>): string =>
  `${c.runName}, step ${c.step.toLocaleString('en-US')}`;

export function filterCheckpoints(rows: readonly CheckpointRow[], filter: CheckpointFilter): CheckpointRow[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (filter.run !== null && row.run !== filter.run) return false;
    if (filter.bestOnly && !row.best) return false;
    const text = `${row.runName} ${row.run} step ${row.step} ${row.file.split(/[/\\]/).at(-1)}`.toLowerCase();
    return words.every((w) => text.includes(w));
  });
}

/** What was not measured stands last in either order; equal ones keep theirs. */
export function sortCheckpoints(rows: readonly CheckpointRow[], sorting: Sorting | undefined): CheckpointRow[] {
  if (!sorting) return [...rows];
  const { key, order } = sorting;
  const sign = order === 'asc' ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === 'string' || typeof y === 'string')
      return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
    return sign * (x - y);
  });
}

export interface RunChoice {
  value: string;
  title: string;
}

/** The runs that have checkpoints, by name; ids tell those of one name apart. */
export function runsOf(rows: readonly CheckpointRow[]): RunChoice[] {
  const names = new Map(rows.map((r) => [r.run, r.runName]));
  const seen = [...names.values()];
  return [...names]
    .map(([value, name]) => ({
      value,
      title: seen.filter((n) => n === name).length > 1 ? `${name} (${value.slice(0, 15)})` : name,
    }))
    .sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
}
