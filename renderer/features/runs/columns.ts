// The columns of the table of runs: what each shows, how wide it is, and by what it is sorted.
import type { RunRow } from '../../../contract/app/runs.ts';
import { formatDuration, formatNumber, formatPercent } from '../../../core/format.ts';

export interface Column {
  id: string;
  title: string;
  /** Pixels; the name takes what is left. */
  width: number;
  figures?: boolean;
  /** What is shown, where it is plain text. */
  text: (row: RunRow) => string;
  /** What it is sorted by; null goes last either way. */
  key: (row: RunRow) => string | number | null;
}

const number = (
  id: string,
  title: string,
  width: number,
  of: (r: RunRow) => number | null,
  show = formatNumber,
): Column => ({
  id,
  title,
  width,
  figures: true,
  text: (r) => show(of(r)),
  key: of,
});
const word = (id: string, title: string, width: number, of: (r: RunRow) => string | null): Column => ({
  id,
  title,
  width,
  text: (r) => of(r) ?? '-',
  key: of,
});

export const columns: readonly Column[] = [
  word('name', 'Name', 140, (r) => r.name),
  word('status', 'Status', 108, (r) => r.status),
  word('dataset', 'Dataset', 104, (r) => r.dataset),
  word('model', 'Model', 132, (r) => r.model),
  word('losses', 'Losses', 64, (r) => r.losses),
  number('top1', 'Best top-1', 90, (r) => r.best_top1, formatPercent),
  number('similarity', 'Similarity', 80, (r) => r.last_layer_similarity),
  { id: 'sparkline', title: 'Course', width: 80, text: () => '', key: (r) => r.sparkline.at(-1) ?? null },
  number('speed', 'Images/s', 76, (r) => r.images_per_s),
  number('duration', 'Duration', 92, (r) => r.trained_s, formatDuration),
  word('tags', 'Tags', 80, (r) => (r.tags.length > 0 ? r.tags.join(', ') : null)),
  { ...word('created', 'Created', 144, (r) => r.created), text: (r) => localMinute(r.created) },
  word('engine', 'Engine', 80, (r) => r.engine),
];

/** What a column is about, where its title is short. */
export const explained: Readonly<Record<string, string>> = {
  losses: 'Weights of the patch losses: cosine/contrastive/mixing',
  top1: 'Best top-1 accuracy on the validation split',
  similarity: 'Mean |cosine| between patch tokens of the last layer: 0 apart, 1 collapsed',
  sparkline: 'Validation top-1 over the run, else its loss',
};

/** 2026-11-25 03:09 in this place's time. */
export function localMinute(iso: string | null): string {
  if (iso === null) return '-';
  const d = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return Number.isNaN(d.getTime())
    ? '-'
    : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}
