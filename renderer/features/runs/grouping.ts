// What runs can be grouped by: a few columns, or any field of the recipe. Pure.
import type { RunRow } from '../../../contract/app/runs.ts';
import { defaultFields } from '../../../core/diff.ts';

const columnsToGroup = ['status', 'dataset', 'model', 'losses', 'engine'] as const;
type GroupColumn = (typeof columnsToGroup)[number];
/** A column's id, or the dotted path of a field. */
export type Grouping = GroupColumn | `recipe:${string}`;

const fieldOf = (by: Grouping): string | null => (by.startsWith('recipe:') ? by.slice('recipe:'.length) : null);
export const groupColumns: readonly GroupColumn[] = columnsToGroup;

export function isGrouping(x: unknown): x is Grouping {
  if (typeof x !== 'string') return false;
  const field = fieldOf(x as Grouping);
  return field === null ? columnsToGroup.some((c) => c === x) : Object.hasOwn(defaultFields, field);
}

/** As it stands in a recipe; text without its quotes. */
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A field's value in a run's recipe, given or by default; `-` for a run that cannot be read. */
export function fieldValue(row: RunRow, field: string): string {
  if (row.status === 'newer' || row.status === 'broken') return '-';
  return shown(Object.hasOwn(row.recipe, field) ? row.recipe[field] : defaultFields[field]);
}

/** The heading under which a run stands. */
export function groupTitle(row: RunRow, by: Grouping): string {
  const field = fieldOf(by);
  return field === null ? (row[by as GroupColumn] ?? '-') : `${field}: ${fieldValue(row, field)}`;
}

export interface FieldChoice {
  field: string;
  /** How many values it has among the runs. */
  values: number;
}

/** Every field of the recipe: those that tell runs apart first, each part in the recipe's order. */
export function groupFields(rows: readonly RunRow[]): FieldChoice[] {
  const readable = rows.filter((r) => r.status !== 'newer' && r.status !== 'broken');
  const all = Object.keys(defaultFields)
    .filter((f) => f !== 'name' && f !== 'version')
    .map((field) => ({ field, values: new Set(readable.map((r) => fieldValue(r, field))).size }));
  return [...all.filter((f) => f.values > 1), ...all.filter((f) => f.values <= 1)];
}

/** What a grouping is called. */
export const groupingName = (by: Grouping, titleOf: (column: string) => string): string => fieldOf(by) ?? titleOf(by);
