// From all runs to the lines of the table: filtered, sorted, grouped. Pure; it knows no component.
import type { RunRow } from '../../../contract/app/runs.ts';
import { columns } from './columns.ts';
import { type Grouping, groupTitle } from './grouping.ts';

export interface Filter {
  /** Words that must all occur in the name, the tags or the folder's name. */
  search: string;
  /** Empty: all of them. */
  statuses: readonly string[];
  datasets: readonly string[];
  tags: readonly string[];
  /** Archived runs instead of the others. */
  archived: boolean;
}
export const noFilter: Filter = { search: '', statuses: [], datasets: [], tags: [], archived: false };
export interface Sort {
  column: string;
  descending: boolean;
}

export type Line =
  | { kind: 'group'; key: string; title: string; count: number; open: boolean }
  | { kind: 'run'; key: string; row: RunRow };

export function filtered(rows: readonly RunRow[], f: Filter): RunRow[] {
  const words = f.search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (r) =>
      r.archived === f.archived &&
      (f.statuses.length === 0 || f.statuses.includes(r.status)) &&
      (f.datasets.length === 0 || f.datasets.includes(r.dataset ?? '-')) &&
      (f.tags.length === 0 || f.tags.every((t) => r.tags.includes(t))) &&
      (words.length === 0 || has(words, `${r.name} ${r.id} ${r.tags.join(' ')}`.toLowerCase())),
  );
}
const has = (words: readonly string[], text: string) => words.every((w) => text.includes(w));

/** By one column; what has no value there goes last; of equals the newer first. */
export function sorted(rows: readonly RunRow[], { column, descending }: Sort): RunRow[] {
  const key = columns.find((c) => c.id === column)?.key ?? ((r: RunRow) => r.created);
  const sign = descending ? -1 : 1;
  const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  return rows
    .map((row) => ({ row, at: key(row) }))
    .sort((a, b) => {
      const [noA, noB] = [isNothing(a.at), isNothing(b.at)];
      if (noA || noB) return Number(noA) - Number(noB) || b.row.id.localeCompare(a.row.id);
      const order =
        typeof a.at === 'number' && typeof b.at === 'number' ? a.at - b.at : words.compare(String(a.at), String(b.at));
      return sign * order || b.row.id.localeCompare(a.row.id);
    })
    .map(({ row }) => row);
}
const isNothing = (v: string | number | null) => v === null || (typeof v === 'number' && Number.isNaN(v));

/** Groups in the order in which their first run comes; those in `closed` show their heading only. */
export function lines(rows: readonly RunRow[], by: Grouping | null, closed: ReadonlySet<string>): Line[] {
  if (by === null) return rows.map(runLine);
  const groups = new Map<string, RunRow[]>();
  for (const row of rows) {
    const title = groupTitle(row, by);
    const members = groups.get(title);
    if (members) members.push(row);
    else groups.set(title, [row]);
  }
  return [...groups].flatMap(([title, members]): Line[] => {
    const open = !closed.has(`${by} ${title}`);
    const heading: Line = { kind: 'group', key: `${by} ${title}`, title, count: members.length, open };
    return open ? [heading, ...members.map(runLine)] : [heading];
  });
}
const runLine = (row: RunRow): Line => ({ kind: 'run', key: row.id, row });

/** Every value that occurs, for the filters' menus. */
export function choices(rows: readonly RunRow[]): { statuses: string[]; datasets: string[]; tags: string[] } {
  const all = (values: readonly string[]) => [...new Set(values)].sort((a, b) => a.localeCompare(b));
  return {
    statuses: all(rows.map((r) => r.status)),
    datasets: all(rows.map((r) => r.dataset ?? '-')),
    tags: all(rows.flatMap((r) => r.tags)),
  };
}

/** Rows of a fixed height that a scrolled box shows, with a few beyond either edge. */
export function visible(count: number, rowHeight: number, scrolled: number, height: number, beyond = 8) {
  const from = Math.max(0, Math.min(Math.floor(scrolled / rowHeight), count - Math.ceil(height / rowHeight)) - beyond);
  const to = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + beyond);
  return { from, to: Math.max(from, to) };
}
