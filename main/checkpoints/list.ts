// The checkpoints of all runs as rows.
import path from 'node:path';
import type { CheckpointRow } from '../../contract/app/checkpoints.ts';
import type { RunRow } from '../../contract/app/runs.ts';
import type { LayerProbe } from '../../contract/app/series.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import type { CheckpointEntry } from '../../contract/saved/run.ts';
import { similarityAt } from '../runs/similarity.ts';
import { checkpointsFolder } from './pairs.ts';
import { readResults } from './results.ts';

/** Rows of one run, newest first. `probes`: of the run, in rising step. */
export function checkpointRows(
  run: RunRow,
  entries: readonly CheckpointEntry[],
  probes: readonly LayerProbe[],
  library: string,
): CheckpointRow[] {
  const top1Of = ({ metrics }: CheckpointEntry) => {
    const value = metrics['val/top1'];
    return value === undefined ? null : decodeNumber(value);
  };
  let best: CheckpointEntry | undefined;
  for (const entry of entries) {
    const top1 = top1Of(entry);
    if (top1 !== null && !Number.isNaN(top1) && !(best && top1 < (top1Of(best) ?? 0))) best = entry;
  }
  return entries.toReversed().map((entry) => {
    const file = path.join(checkpointsFolder(run.dir), entry.weights);
    return {
      file,
      run: run.id,
      runName: run.name,
      step: entry.step,
      epoch: entry.epoch,
      bytes: entry.bytes,
      created: entry.created,
      top1: top1Of(entry),
      last_layer_similarity: similarityAt(probes, entry.step),
      best: entry === best,
      results: readResults(library, file),
    };
  });
}
