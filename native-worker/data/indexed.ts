// A dataset that has an index, put together from it. Knows no format.
import { basename } from 'node:path';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import type { Dataset, Split } from './dataset.ts';
import type { IndexSplit } from './index-format.ts';
import type { OpenIndex } from './index-store.ts';
import type { SampleSource } from './samples.ts';

export function indexedDataset(
  location: DatasetLocation,
  { header, labels }: OpenIndex,
  sourceOf: (split: IndexSplit) => SampleSource,
): Dataset {
  const splits = header.splits.map((s, i): [string, Split] => [
    s.name,
    {
      name: s.name,
      count: s.count,
      labels: labels[i]!,
      byClass: s.byClass,
      size: null,
      blocks: s.blocks && Uint32Array.from(s.blocks, ([first]) => first),
      source: sourceOf(s),
    },
  ]);
  const { kind, classes, classNames, channels, fingerprint, notes, problems, problemCount } = header;
  const name = location.name || basename(location.path);
  const { path } = location;
  return {
    name,
    kind,
    path,
    classes,
    classNames,
    channels,
    fingerprint,
    splits: Object.fromEntries(splits),
    notes,
    problems,
    problemCount,
  };
}
