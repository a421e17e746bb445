// Which checkpoints the table shows, in which order and which columns. No component knows how.
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';

/** What is shown: all, the imports, or those of one run. */
export type OriginFilter = { kind: 'all' } | { kind: 'imports' } | { kind: 'run'; run: string };

export interface CheckpointFilter {
  /** Words that must all occur in its name, its run's id, its layout, what it was trained with or the file's name. */
  search: string;
  origin: OriginFilter;
  bestOnly: boolean;
}

export const sortableColumns = [
  'name',
  'step',
  'origin',
  'layout',
  'parameters',
  'dtypes',
  'bytes',
  'top1',
  'last_layer_similarity',
  'trained',
  'created',
] as const;
export type SortableColumn = (typeof sortableColumns)[number];
export interface Sorting {
  key: SortableColumn;
  order: 'asc' | 'desc';
}

/** As the table's first column says it; the step stands in the next. */
export const shortName = (c: CheckpointRow): string => (c.origin === 'run' ? c.runName : c.name);

export function filterCheckpoints(rows: readonly CheckpointRow[], filter: CheckpointFilter): CheckpointRow[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const { origin } = filter;
  return rows.filter((row) => {
    if (origin.kind === 'imports' && row.origin !== 'import') return false;
    if (origin.kind === 'run' && row.run !== origin.run) return false;
    if (filter.bestOnly && row.origin === 'run' && !row.best) return false;
    const place = row.origin === 'run' ? `${row.run} step ${row.step}` : 'import';
    const text =
      `${shortName(row)} ${place} ${row.layout} ${row.trained} ${row.file.split(/[/\\]/).at(-1)}`.toLowerCase();
    return words.every((w) => text.includes(w));
  });
}

function sortValue(row: CheckpointRow, key: SortableColumn): string | number | null {
  if (key === 'name') return shortName(row);
  if (key === 'dtypes') return row.dtypes.join(' ');
  return row[key];
}

/** What was not measured stands last in either order; equal ones keep theirs. */
export function sortCheckpoints(rows: readonly CheckpointRow[], sorting: Sorting | undefined): CheckpointRow[] {
  if (!sorting) return [...rows];
  const { key, order } = sorting;
  const sign = order === 'asc' ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [sortValue(a, key), sortValue(b, key)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === 'string' || typeof y === 'string')
      return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
    return sign * (x - y);
  });
}

/** Columns in the table's order, and the width it needs to show each. */
const columnRooms: readonly (readonly [SortableColumn, number])[] = [
  ['name', 0],
  ['step', 0],
  ['origin', 560],
  ['layout', 900],
  ['parameters', 720],
  ['dtypes', 1000],
  ['bytes', 620],
  ['top1', 0],
  ['last_layer_similarity', 0],
  ['trained', 1200],
  ['created', 1380],
];
export const columnsFor = (width: number): SortableColumn[] =>
  columnRooms.filter(([, room]) => width >= room).map(([key]) => key);

export interface RunChoice {
  value: string;
  title: string;
}

/** The runs that have checkpoints, by name; ids tell those of one name apart. */
export function runsOf(rows: readonly CheckpointRow[]): RunChoice[] {
  const names = new Map(rows.flatMap((r) => (r.origin === 'run' ? [[r.run, r.runName] as const] : [])));
  const seen = [...names.values()];
  return [...names]
    .map(([value, name]) => ({
      value,
      title: seen.filter((n) => n === name).length > 1 ? `${name} (${value.slice(0, 15)})` : name,
    }))
    .sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
}
