// What a report is of: which runs and checkpoints can be chosen, how they are called, what is wrong with a choice.
import type { ReportItems } from '../../../contract/app/app.ts';
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';
import type { RunRow } from '../../../contract/app/runs.ts';

export interface Choice {
  /** A run's id, or the path of a checkpoint's weights. */
  value: string;
  title: string;
  subtitle: string;
}

/** The contract takes at most so many runs, and as many checkpoints. */
export const mostOfAKind = 50;

const dateOf = (iso: string | null): string => (iso === null ? '' : iso.slice(0, 16).replace('T', ' '));

/** Runs whose folder can be read. */
export const runChoices = (rows: readonly RunRow[]): Choice[] =>
  rows
    .filter((r) => r.status !== 'broken' && r.status !== 'newer')
    .map((r) => ({
      value: r.id,
      title: r.name,
      subtitle: [r.status, r.dataset, r.losses && `losses ${r.losses}`, dateOf(r.created)].filter(Boolean).join(' · '),
    }));

export const checkpointChoices = (rows: readonly CheckpointRow[]): Choice[] =>
  rows.map((c) => ({
    value: c.file,
    title: c.name,
    subtitle: [c.origin === 'import' ? c.layout : c.best && 'best of its run', dateOf(c.created)]
      .filter(Boolean)
      .join(' · '),
  }));

/** What stands on the chip of something chosen, also of something that is no longer in the list. */
export function titleOf(value: string, choices: readonly Choice[]): string {
  const found = choices.find((c) => c.value === value);
  if (!found) return value.split(/[/\\]/).slice(-3).join('/');
  const twins = choices.filter((c) => c.title === found.title).length > 1;
  return twins && found.subtitle !== '' ? `${found.title} (${found.subtitle.split(' · ').at(-1)})` : found.title;
}

/** One sentence, or empty where the report can be made. */
export function problemOf({ runs, checkpoints }: ReportItems): string {
  if (runs.length + checkpoints.length === 0) return 'Choose at least one run or checkpoint.';
  if (Math.max(runs.length, checkpoints.length) > mostOfAKind)
    return `A report holds at most ${mostOfAKind} runs and ${mostOfAKind} checkpoints.`;
  return '';
}
