// A run as one row: what lists and comparisons show of it.
import type { RunRow } from '../../contract/app/runs.ts';
import { decodeNumber, type SavedNumber } from '../../contract/numbers.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { ownFields } from '../../core/diff.ts';
import type { RunView } from './view.ts';

const number = (x: SavedNumber | null | undefined): number | null =>
  x === null || x === undefined ? null : decodeNumber(x);

export const lossesWord = ({ losses }: Recipe): string =>
  [losses.patch_cosine, losses.patch_contrastive, losses.patch_mixing].join('/');

export const modelWord = ({ model }: Recipe): string =>
  `${model.name} ${model.embed_dim}x${model.depth}, patch ${model.patch_size}`;

const nothing = {
  elsewhere: false,
  created: null,
  dataset: null,
  model: null,
  losses: null,
  step: null,
  steps: null,
  best_top1: null,
  last_layer_similarity: null,
  images_per_s: null,
  trained_s: null,
  engine: null,
  recipe: {},
  tags: [],
  archived: false,
  sparkline: [],
};

/** Without a sparkline, which takes a look into metrics.jsonl; whoever lives is trained elsewhere, as far as a folder tells. */
export function runRow(view: RunView): RunRow {
  const { id, dir } = view;
  if (view.kind !== 'run') return { ...nothing, id, dir, name: id, status: view.kind, reason: view.why };
  const { run, notes } = view;
  const { summary } = run;
  return {
    id,
    dir,
    name: notes?.name ?? run.recipe.name,
    status: view.status,
    reason: view.reason,
    elsewhere: view.alive,
    created: run.times.created,
    dataset: run.dataset?.name ?? run.recipe.data.dataset,
    model: modelWord(run.recipe),
    losses: lossesWord(run.recipe),
    step: run.progress?.step ?? null,
    steps: run.progress?.steps ?? null,
    best_top1: number(summary.best_top1),
    last_layer_similarity: number(summary.last_layer_similarity.norm ?? summary.last_layer_similarity.block),
    images_per_s: number(summary.images_per_s),
    trained_s: run.times.trained_s,
    engine: run.engine?.name ?? (run.recipe.engine === 'auto' ? null : run.recipe.engine),
    recipe: ownFields(run.recipe),
    tags: notes?.tags ?? [],
    archived: notes?.archived ?? false,
    sparkline: [],
  };
}
