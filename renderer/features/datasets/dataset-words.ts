// A dataset's state in words and an icon.
import { mdiAlertOctagonOutline, mdiCheckCircleOutline, mdiHelpCircleOutline } from '@mdi/js';
import type { DatasetRow } from '../../../contract/app/datasets.ts';

export const stateLooks: Readonly<Record<DatasetRow['state'], { icon: string; colour: string }>> = {
  available: { icon: mdiCheckCircleOutline, colour: 'success' },
  missing: { icon: mdiHelpCircleOutline, colour: 'warning' },
  broken: { icon: mdiAlertOctagonOutline, colour: 'error' },
};

/** Last part of a path: the name a folder gets where none is given. */
export const folderName = (path: string): string =>
  path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1) ?? path;

/** Why a name cannot be given to a dataset; empty where it can. */
export function nameProblem(name: string, taken: readonly string[]): string {
  const text = name.trim();
  if (text === '') return 'Give it a name.';
  if (text.length > 80) return 'At most 80 letters.';
  if (/[/\\]/.test(text)) return 'A name has no slash in it.';
  return taken.includes(text) ? `There is a dataset ${text} already.` : '';
}
