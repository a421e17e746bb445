// What is asked of a checkpoint: on which data, how much of it, which numbers. The form's rules, without the form.

import type { DatasetRow } from '../../../contract/app/datasets.ts';
import type { ArgsOf } from '../../../contract/app-api.ts';
import type { ProbeMetric, Tap } from '../../../contract/recipe.ts';

export type Measurement = 'diagnose' | 'evaluate';

export interface MeasureForm {
  dataset: string | null;
  /** Empty: test, or the first there is. */
  split: string | null;
  /** Null: all of them. */
  images: number | null;
  tap: Tap;
  metrics: ProbeMetric[];
}

export const startingForm = (kind: Measurement, dataset: string | null): MeasureForm => ({
  dataset,
  split: null,
  images: kind === 'diagnose' ? 256 : null,
  tap: 'norm',
  metrics: ['cos', 'cos_abs', 'hfc'],
});

export type FormProblems = Partial<Record<keyof MeasureForm, string>>;

export function problemsOf(kind: Measurement, form: MeasureForm): FormProblems {
  const problems: FormProblems = {};
  if (!form.dataset?.trim()) problems.dataset = 'Choose a dataset.';
  if (form.images !== null && !(Number.isInteger(form.images) && form.images >= 1))
    problems.images = 'A whole number from 1, or nothing for all images.';
  if (kind === 'diagnose' && form.metrics.length === 0) problems.metrics = 'Choose at least one metric.';
  return problems;
}

/** Arguments of the call, less its file and task. Only for a form without problems. */
export function argsOf({ dataset, split, images }: MeasureForm): Omit<ArgsOf<'checkpoints.evaluate'>, 'file' | 'task'> {
  return { dataset: dataset?.trim() ?? '', split: split?.trim() || null, images };
}

/** Splits as far as they are known without reading the data. */
export function splitsOf(row: DatasetRow | undefined): string[] {
  return row?.saved?.findings.splits.map((s) => s.name) ?? ['test', 'train'];
}

/** What can be chosen; what is not there says why. */
export const datasetItems = (rows: readonly DatasetRow[]) =>
  rows.map((row) => ({
    value: row.name,
    title: row.name,
    props: {
      disabled: row.state !== 'available',
      subtitle: row.state === 'available' ? undefined : `${row.state}: ${row.note}`,
    },
  }));
