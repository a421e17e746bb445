// A dataset in words: its state with an icon, its kind, what was looked at, what is wrong as text.
import { mdiAlertOctagonOutline, mdiCheckCircleOutline, mdiHelpCircleOutline } from '@mdi/js';
import type { DatasetDescription, DatasetRow } from '../../../contract/app/datasets.ts';
import { type DatasetKind, datasetKinds } from '../../../contract/recipe.ts';
import type { DatasetCheck } from '../../../contract/worker-api.ts';

export const stateLooks: Readonly<Record<DatasetRow['state'], { icon: string; colour: string }>> = {
  available: { icon: mdiCheckCircleOutline, colour: 'success' },
  missing: { icon: mdiHelpCircleOutline, colour: 'warning' },
  broken: { icon: mdiAlertOctagonOutline, colour: 'error' },
};

const kindNames: Readonly<Record<DatasetKind, string>> = {
  idx: 'IDX files',
  cifar10: 'CIFAR-10 binary',
  cifar100: 'CIFAR-100 binary',
  imagefolder: 'Image folders',
  parquet: 'Parquet',
  webdataset: 'WebDataset',
};
export const kindName = (kind: string): string => kindNames[kind as DatasetKind] ?? kind;
export const kindItems: readonly { value: DatasetKind; title: string }[] = datasetKinds.map((value) => ({
  value,
  title: kindNames[value],
}));
export const checkItems: readonly { value: DatasetCheck; title: string }[] = [
  { value: 'auto', title: 'Decode every image, of more than 50,000 only their heads' },
  { value: 'full', title: 'Decode every image, however many' },
  { value: 'heads', title: 'Only the heads of the images' },
];

/** Endings of files that are datasets by themselves. */
export const dataEndings = ['parquet', 'tar'] as const;

/** Last part of a path. */
export const folderName = (path: string): string =>
  path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1) ?? path;

/** What something at this path is called where no name is given: made of what a name may hold. */
export const proposedName = (path: string): string =>
  folderName(path)
    .replace(/\.(parquet|tar|tar\.gz|tgz)$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 80);

/** Why a name cannot be given to a dataset; empty where it can. */
export function nameProblem(name: string, taken: readonly string[]): string {
  const text = name.trim();
  if (text === '') return 'Give it a name.';
  if (text.length > 80) return 'At most 80 letters.';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return 'Letters, digits, dots, dashes and underscores.';
  return taken.includes(text) ? `There is a dataset ${text} already.` : '';
}

const images = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'image' : 'images'}`;

/** How closely its images were looked at. */
export function checkedText({ checked }: DatasetDescription): string {
  const parts = [
    checked.decoded > 0 && `${images(checked.decoded)} decoded`,
    checked.heads > 0 && `only the heads of ${images(checked.heads)} read`,
  ];
  return parts.filter(Boolean).join(', ') || 'nothing';
}

/** The problems as lines, for a clipboard. */
export const problemsText = ({ problems, problemCount }: DatasetDescription): string =>
  [
    ...problems.map((p) => `${p.where}: ${p.message}`),
    ...(problemCount > problems.length ? [`and ${(problemCount - problems.length).toLocaleString('en-US')} more`] : []),
  ].join('\n');
