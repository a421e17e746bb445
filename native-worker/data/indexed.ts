// A dataset that has an index, put together from it. Knows no format.
import { basename } from 'node:path';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import type { Dataset, Split } from './dataset.ts';
import type { IndexHeader, IndexSplit } from './index-format.ts';
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
      ...(s.blocks ? blocksOf(s.blocks, header) : { blocks: null }),
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

/** Images are nearly all there is in a file, so its blocks are as large as its share says. */
function blocksOf(
  blocks: NonNullable<IndexSplit['blocks']>,
  { files, stamps }: IndexHeader,
): Pick<Split, 'blocks' | 'blockBytes'> {
  const used = new Set(blocks.map(([, file]) => files[file]));
  const bytes = stamps.reduce((sum, [path, , size]) => sum + (used.has(path) ? size : 0), 0);
  return { blocks: Uint32Array.from(blocks, ([first]) => first), blockBytes: bytes / Math.max(1, blocks.length) };
}
