// What this machine offers for fields that the schema leaves open: datasets, checkpoints, engines. The only place that knows
// fields of the recipe by name.
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';
import type { DatasetRow } from '../../../contract/app/datasets.ts';
import type { EngineRow } from '../../../contract/app/engines.ts';
import { datasetKinds, engineChoices } from '../../../contract/recipe.ts';
import { formatPercent } from '../../../core/format.ts';

export interface Offer {
  value: string | number | null;
  title: string;
  /** Other values may be written as well. */
  free?: boolean;
}
export interface Known {
  datasets: readonly DatasetRow[];
  checkpoints: readonly CheckpointRow[];
  engines: readonly EngineRow[];
}

/** By the field's path; nothing is offered for a list that is not known yet. */
export function offersOf(
  { datasets, checkpoints, engines }: Known,
  chosen: DatasetRow | undefined = undefined,
): Record<string, readonly Offer[] | undefined> {
  const splits = chosen?.shape
    ? Object.entries(chosen.shape.splits).map(([value, images]) => ({
        value,
        title: `${value} (${images.toLocaleString('en-US')} images)`,
      }))
    : undefined;
  return {
    'data.train_split': splits,
    'data.val_split': splits,
    'data.kind': [
      { value: null, title: 'detected by what is there' },
      ...datasetKinds.map((value) => ({ value, title: value })),
    ],
    'model.in_chans': [
      { value: null, title: 'as the dataset has them' },
      { value: 1, title: '1 (grey)' },
      { value: 3, title: '3 (RGB)' },
    ],
    'augment.aa': [
      { value: 'rand-m9-mstd0.5-inc1', title: "DeiT's", free: true },
      { value: 'rand-m7-mstd0.5-inc1', title: 'weaker', free: true },
    ],
    'data.dataset':
      datasets.length === 0
        ? undefined
        : datasets.map((d) => ({ value: d.name, title: d.state === 'available' ? d.name : `${d.name} (${d.state})` })),
    'model.init': [
      { value: 'random', title: 'random', free: true },
      ...checkpoints.map((c) => ({
        value: c.file,
        title: `${c.name}${c.top1 === null ? '' : `, ${formatPercent(c.top1)}`}`,
        free: true,
      })),
    ],
    engine:
      engines.length === 0
        ? undefined
        : engineChoices.map((value) => {
            const row = engines.find((e) => e.name === value);
            const chosen = engines.find((e) => e.chosen);
            if (value === 'auto') return { value, title: chosen ? `auto (now ${chosen.name})` : 'auto' };
            return { value, title: !row || row.state === 'installed' ? value : `${value} (${row.state})` };
          }),
  };
}
