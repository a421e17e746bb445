// How the user left the table of runs: filter, order, grouping, columns, choice. State only.
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { remembered } from '../../ui/remembered.ts';
import { type Choice, nothing } from './chosen.ts';
import { columns } from './columns.ts';
import { type Grouping, isGrouping } from './grouping.ts';
import { type Filter, noFilter, type Sort } from './lines.ts';

const isSort = (s: unknown): s is Sort =>
  typeof s === 'object' &&
  s !== null &&
  'descending' in s &&
  typeof s.descending === 'boolean' &&
  'column' in s &&
  columns.some((c) => c.id === s.column);
const isGroup = (s: unknown): s is Grouping | null => s === null || isGrouping(s);
const isColumns = (s: unknown): s is string[] => Array.isArray(s) && s.every((id) => columns.some((c) => c.id === id));

export const useRunsView = defineStore('runs-view', () => ({
  filter: ref<Filter>({ ...noFilter }),
  sort: remembered<Sort>('runs.sort', { column: 'created', descending: true }, isSort),
  group: remembered<Grouping | null>('runs.group', null, isGroup),
  /** Columns that are not shown. */
  hidden: remembered<string[]>('runs.hidden', ['engine'], isColumns),
  closed: ref(new Set<string>()),
  choice: shallowRef<Choice>(nothing),
  /** The run that keys act on. */
  active: ref<string | null>(null),
}));
