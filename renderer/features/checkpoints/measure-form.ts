// What is asked of a checkpoint: which of its weights, on which data, how much of it, which numbers. The form's rules, without the form.
import type { DatasetRow } from '../../../contract/app/datasets.ts';
import type { ArgsOf } from '../../../contract/app-api.ts';
import type { ProbeMetric, Tap } from '../../../contract/recipe.ts';
import { type Contents, normalisations } from './checkpoint-words.ts';

export type Measurement = 'diagnose' | 'evaluate';

/** How images are normalised: as the file says, as the dataset's training pixels ask for, or as is usual. */
export type Normalise = 'file' | 'dataset' | keyof typeof normalisations;

export interface MeasureForm {
  dataset: string | null;
  /** Empty: test, or the first there is. */
  split: string | null;
  /** Null: all of them. */
  images: number | null;
  tap: Tap;
  metrics: ProbeMetric[];
  /** Null: the set that inspect takes. */
  weights: string | null;
  /** Null: as the file says, or as is usual. */
  heads: number | null;
  normalise: Normalise;
}

/** What is known of the checkpoint. */
export interface Measurable {
  contents: Contents | undefined;
  /** The set of weights and the heads that were chosen for it. */
  weights: string | null;
  heads: number | null;
}

export const startingForm = (
  kind: Measurement,
  dataset: string | null,
  { contents, weights, heads }: Measurable = { contents: undefined, weights: null, heads: null },
): MeasureForm => ({
  dataset,
  split: null,
  images: kind === 'diagnose' ? 256 : null,
  tap: 'norm',
  metrics: ['cos', 'cos_abs', 'hfc'],
  weights,
  heads,
  normalise: usualNormalisation(contents),
});

/** Google's checkpoints see 0.5 everywhere, others ImageNet's mean; one channel has neither. */
function usualNormalisation(contents: Contents | undefined): Normalise {
  if (!contents || contents.normalisation) return 'file';
  if (contents.model?.in_chans === 1) return 'dataset';
  return /^(Google|Hugging Face ViT)/.test(contents.layout) ? 'half' : 'imagenet';
}

/** The file does not say how many attention heads there are, and they cannot be told from its width. */
export const needsHeads = (contents: Pick<Contents, 'model' | 'problems'> | undefined): boolean =>
  contents?.model === null && contents.problems.some((p) => p.includes('number of heads'));

export type FormProblems = Partial<Record<keyof MeasureForm, string>>;

export function problemsOf(kind: Measurement, form: MeasureForm, contents?: Contents): FormProblems {
  const problems: FormProblems = {};
  if (!form.dataset?.trim()) problems.dataset = 'Choose a dataset.';
  if (form.images !== null && !(Number.isInteger(form.images) && form.images >= 1))
    problems.images = 'A whole number from 1, or nothing for all images.';
  if (kind === 'diagnose' && form.metrics.length === 0) problems.metrics = 'Choose at least one metric.';
  const width = contents?.model?.embed_dim;
  if (form.heads === null && needsHeads(contents)) problems.heads = 'The file does not say; give their number.';
  else if (form.heads !== null && !(Number.isInteger(form.heads) && form.heads >= 1))
    problems.heads = 'A whole number from 1.';
  else if (form.heads !== null && typeof width === 'number' && width % form.heads !== 0)
    problems.heads = `The width, ${width}, is not divisible by it.`;
  return problems;
}

/** Mean and std of a dataset, where they are the ones to be taken. */
export type Statistics = { mean: number[]; std: number[] } | null;

/** Arguments of the call, less its file and task. Only for a form without problems. */
export function argsOf(
  { dataset, split, images, weights, heads, normalise }: MeasureForm,
  ofDataset: Statistics = null,
): Omit<ArgsOf<'checkpoints.evaluate'>, 'file' | 'task'> {
  const on = { dataset: dataset?.trim() ?? '', split: split?.trim() || null, images };
  const usual = normalise === 'imagenet' || normalise === 'half' ? normalisations[normalise] : null;
  const said = normalise === 'dataset' ? ofDataset : usual;
  return { ...on, weights, heads, mean: said ? [...said.mean] : null, std: said ? [...said.std] : null };
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
