// A dataset's description for people.
import type { ResultOf } from '../contract/worker-api.ts';
import { pairs, table } from './table.ts';

type Described = Omit<ResultOf<'dataset'>, 'type'>;

export function datasetText({ identity, splits, sizes, mean, std, notes, problems }: Described): string {
  const decimals = (xs: readonly number[]) => xs.map((x) => x.toFixed(4)).join(', ');
  const head = pairs([
    ['name', identity.name],
    ['kind', identity.kind],
    ['folder', identity.path],
    ['images', `${sizeText(sizes)}, ${identity.channels === 1 ? '1 channel' : `${identity.channels} channels`}`],
    ['classes', String(identity.classes)],
    ['mean', decimals(mean)],
    ['std', decimals(std)],
    ['fingerprint', identity.fingerprint],
    ...notes.map((n): [string, string] => ['note', n]),
    ...problems.map((p): [string, string] => ['problem', `${p.where}: ${p.message}`]),
  ]);
  const rows = splits.map((s) => {
    const counts = s.perClass;
    return [s.name, String(s.images), `${Math.min(...counts)} to ${Math.max(...counts)}`];
  });
  return `${head}\n\n${table(['split', 'images', 'per class'], rows)}`;
}

function sizeText({ min, max }: Described['sizes']): string {
  const [small, large] = [min.join(' x '), max.join(' x ')];
  return small === large ? small : `${small} to ${large}`;
}
