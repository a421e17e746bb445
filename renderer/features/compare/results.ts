// The results of what is compared as a table: its rows, their order, and the mean over runs that differ in nothing but the seed. Pure.
import { flatten } from '../../../core/diff.ts';
import { formatDuration, formatNumber, formatPercent } from '../../../core/format.ts';
import { type Interval, meanInterval } from '../../../core/interval.ts';
import type { Item } from './items.ts';

export const resultColumns = ['top1', 'similarity', 'images_per_s', 'duration', 'steps'] as const;
export type ResultColumn = (typeof resultColumns)[number];

interface ColumnWords {
  title: string;
  format(value: number | null): string;
}
export const columnWords: Readonly<Record<ResultColumn, ColumnWords>> = {
  top1: { title: 'Best top-1', format: formatPercent },
  similarity: { title: 'Last-layer similarity', format: (v) => formatNumber(v) },
  images_per_s: { title: 'Images/s', format: (v) => formatNumber(v) },
  duration: { title: 'Duration', format: formatDuration },
  steps: { title: 'Steps', format: (v) => (v === null ? '-' : Math.round(v).toLocaleString('en-US')) },
};

export interface ResultRow {
  item: Item;
  values: Readonly<Record<ResultColumn, number | null>>;
}

/** null where nothing was measured, or its run could not be read. A checkpoint has the accuracy and similarity it was saved with. */
export function resultRow(item: Item): ResultRow {
  if (item.kind === 'checkpoint') {
    const { top1 = null, last_layer_similarity: similarity = null, step: steps = null } = item.checkpoint ?? {};
    return { item, values: { top1, similarity, images_per_s: null, duration: null, steps } };
  }
  const { row } = item;
  return {
    item,
    values: {
      top1: row?.best_top1 ?? null,
      similarity: row?.last_layer_similarity ?? null,
      images_per_s: row?.images_per_s ?? null,
      duration: row?.trained_s ?? null,
      steps: row?.step ?? null,
    },
  };
}

export interface Sorting {
  column: ResultColumn | 'name';
  order: 'ascending' | 'descending';
}

/** What was not measured stands last in either order; equal ones keep theirs. */
export function sortResults(rows: readonly ResultRow[], sorting: Sorting | null): ResultRow[] {
  if (!sorting) return [...rows];
  const { column, order } = sorting;
  const sign = order === 'ascending' ? 1 : -1;
  return [...rows].sort((a, b) => {
    if (column === 'name') return sign * a.item.name.localeCompare(b.item.name, 'en', { numeric: true });
    const [x, y] = [a.values[column], b.values[column]].map((v) => (v !== null && Number.isFinite(v) ? v : null));
    if (x === null || x === undefined || y === null || y === undefined) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

/** The first press of a heading shows the largest first, names from A; the next turns it round. */
export function pressed(now: Sorting | null, column: Sorting['column']): Sorting {
  if (now?.column === column) return { column, order: now.order === 'ascending' ? 'descending' : 'ascending' };
  return { column, order: column === 'name' ? 'ascending' : 'descending' };
}

export interface SeedGroup {
  /** Names of its runs, in their order. */
  names: string[];
  seeds: number[];
  intervals: Readonly<Record<ResultColumn, Interval | null>>;
}

/**
 * Finished runs whose recipes agree in everything but seed and name, two seeds at least. Of one seed the first run counts:
 * the same seed again is no independent repeat.
 */
export function seedGroups(rows: readonly ResultRow[]): SeedGroup[] {
  const groups = new Map<string, Map<number, ResultRow>>();
  for (const row of rows) {
    const { kind, recipe, row: run } = row.item;
    if (kind !== 'run' || !recipe || run?.status !== 'done') continue;
    const { seed, name: _, ...rest } = flatten(recipe);
    const key = JSON.stringify(rest);
    const seeds = groups.get(key) ?? new Map<number, ResultRow>();
    if (!seeds.has(Number(seed))) seeds.set(Number(seed), row);
    groups.set(key, seeds);
  }
  return [...groups.values()]
    .filter((seeds) => seeds.size > 1)
    .map((seeds) => {
      const members = [...seeds.values()];
      const of = (column: ResultColumn) => meanInterval(members.map((m) => m.values[column] ?? Number.NaN));
      return {
        names: members.map((m) => m.item.name),
        seeds: [...seeds.keys()].sort((a, b) => a - b),
        intervals: {
          top1: of('top1'),
          similarity: of('similarity'),
          images_per_s: of('images_per_s'),
          duration: of('duration'),
          steps: of('steps'),
        },
      };
    });
}

export const intervalText = (column: ResultColumn, interval: Interval | null): string => {
  if (!interval) return '-';
  const { format } = columnWords[column];
  return `${format(interval.mean).replace(/ %$/, '')} ± ${format(interval.half)}`;
};
