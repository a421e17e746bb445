// A dataset's description for people.
import type { DatasetFindings } from '../contract/saved/dataset.ts';
import { pairs, table } from './table.ts';

/** As many problems as are listed; --json has more. */
const mostProblems = 20;
/** As many class names as are listed. */
const mostNames = 12;

const count = (n: number) => n.toLocaleString('en-US');
const images = (n: number) => `${count(n)} ${n === 1 ? 'image' : 'images'}`;
const decimals = (xs: readonly number[]) => xs.map((x) => x.toFixed(4)).join(', ');

export function datasetText(found: DatasetFindings): string {
  const { identity, splits, sizes, checked, notes } = found;
  const looked = [
    checked.decoded > 0 && `${images(checked.decoded)} decoded`,
    checked.heads > 0 && `only the heads of ${images(checked.heads)} read`,
  ];
  const head = pairs([
    ['name', identity.name],
    ['kind', identity.kind],
    ['path', identity.path],
    ...notes.map((n, i): [string, string] => [i === 0 ? 'notes' : '', n]),
    ['images', `${sizeText(sizes)} px, ${identity.channels === 1 ? 'grey' : 'colour'}`],
    ['classes', classText(found)],
    ['mean', `${decimals(found.mean)} (of ${images(found.measured)})`],
    ['std', decimals(found.std)],
    ['checked', looked.filter(Boolean).join(', ') || 'nothing'],
    ['fingerprint', identity.fingerprint],
  ]);
  const unlabelled = splits.some((s) => s.unlabelled > 0);
  const rows = splits.map((s) => [
    s.name,
    String(s.images),
    ...(unlabelled ? [String(s.unlabelled)] : []),
    range(s.perClass),
  ]);
  const columns = ['split', 'images', ...(unlabelled ? ['unlabelled'] : []), 'per class'];
  return [head, table(columns, rows), problemText(found)].filter(Boolean).join('\n\n');
}

function range(perClass: readonly number[]): string {
  if (perClass.length === 0) return '-';
  const [least, most] = perClass.reduce(([a, b], n) => [Math.min(a, n), Math.max(b, n)], [Infinity, 0]);
  return `${least} to ${most}`;
}

function classText({ identity, classNames }: DatasetFindings): string {
  if (!classNames) return String(identity.classes);
  const more = classNames.length - mostNames;
  return `${identity.classes}: ${classNames.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
}

/** Empty where nothing is wrong. */
function problemText({ problems, problemCount }: DatasetFindings): string {
  if (problemCount === 0) return '';
  const more = problemCount - Math.min(problems.length, mostProblems);
  return [
    `${count(problemCount)} ${problemCount === 1 ? 'problem' : 'problems'}:`,
    ...problems.slice(0, mostProblems).map((p) => `  ${p.where}: ${p.message}`),
    ...(more > 0 ? [`  and ${count(more)} more; --json lists them`] : []),
  ].join('\n');
}

function sizeText({ min, max }: DatasetFindings['sizes']): string {
  const [small, large] = [min.join(' x '), max.join(' x ')];
  return small === large ? small : `${small} to ${large}`;
}
