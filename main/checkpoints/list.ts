// The checkpoints of all runs as rows.
import path from 'node:path';
import type { RunCheckpoint } from '../../contract/app/checkpoints.ts';
import type { RunRow } from '../../contract/app/runs.ts';
import type { LayerProbe } from '../../contract/app/series.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import type { CheckpointEntry, Run } from '../../contract/saved/run.ts';
import { vitParameterCount } from '../../core/estimate.ts';
import { modelOf } from '../../core/recipe-on-data.ts';
import { similarityAt } from '../runs/similarity.ts';
import { measured } from './imports.ts';
import { checkpointsFolder } from './pairs.ts';
import { readResults } from './results.ts';

/** Rows of one run, newest first. `record`: its run.json; `probes`: of the run, in rising step. */
export function checkpointRows(
  run: RunRow,
  record: Pick<Run, 'recipe' | 'dataset'>,
  entries: readonly CheckpointEntry[],
  probes: readonly LayerProbe[],
  library: string,
): RunCheckpoint[] {
  const top1Of = ({ metrics }: CheckpointEntry) => {
    const value = metrics['val/top1'];
    return value === undefined ? null : decodeNumber(value);
  };
  let best: CheckpointEntry | undefined;
  for (const entry of entries) {
    const top1 = top1Of(entry);
    if (top1 !== null && !Number.isNaN(top1) && !(best && top1 < (top1Of(best) ?? 0))) best = entry;
  }
  const { recipe, dataset } = record;
  const parameters = dataset && vitParameterCount(modelOf(recipe, dataset));
  const trained = [run.dataset, run.losses && `losses ${run.losses}`].filter(Boolean).join(', ');
  return entries.toReversed().map((entry) => {
    const file = path.join(checkpointsFolder(run.dir), entry.weights);
    const results = readResults(library, file);
    const kept = measured(results, null);
    return {
      origin: 'run',
      file,
      name: `${run.name}, step ${entry.step.toLocaleString('en-US')}`,
      run: run.id,
      runName: run.name,
      step: entry.step,
      epoch: entry.epoch,
      layout: 'timm vision_transformer',
      parameters,
      dtypes: ['F32'],
      bytes: entry.bytes,
      created: entry.created,
      top1: top1Of(entry) ?? kept.top1,
      last_layer_similarity: similarityAt(probes, entry.step) ?? kept.last_layer_similarity,
      trained,
      best: entry === best,
      results,
    };
  });
}
