// The table of an ablation as numbers: one row per variant and point of the axes, every seed's number beside mean and spread.
import { decodeNumber, type SavedNumber } from '../../../contract/numbers.ts';
import { type Tap, taps } from '../../../contract/recipe.ts';
import type { Run } from '../../../contract/saved/run.ts';
import { metricCatalogue } from '../../../core/catalogue.ts';
import { flatten, recipeDiff } from '../../../core/diff.ts';
import { rangesOverlap, type Spread, spreadOf } from '../../../core/spread.ts';
import { type Ablation, cellKey } from './read.ts';
import type { CellState, Placed } from './state.ts';

export interface SeedResult {
  seed: number;
  state: CellState['state'];
  /** Name of the run's folder; null where there is none yet. */
  run: string | null;
  /** %, on the validation split at the last step. */
  top1: number | null;
  /** Last layer, at the last probe. */
  cos_abs: Partial<Record<Tap, number>>;
  images_per_s: number | null;
  trained_s: number | null;
}

export interface TableRow {
  variant: string;
  /** Values of the table's axes. */
  axes: Record<string, unknown>;
  seeds: SeedResult[];
  top1: Spread | null;
  cos_abs: Partial<Record<Tap, Spread>>;
  /** What random tokens of this width would give: sqrt(2/(π D)). */
  noise_floor: number | null;
  images_per_s: Spread | null;
  trained_s: Spread | null;
  /** Against the first variant at the same point; null for that variant itself and where a number is missing. */
  against: { variant: string; top1: number; overlap: boolean } | null;
}

export interface AblationTable {
  version: 1;
  name: string;
  /** ISO time. */
  made: string;
  done: number;
  of: number;
  axes: string[];
  /** What is the same of all finished runs, or every value where it is not. */
  facts: Record<string, string[]>;
  rows: TableRow[];
}

export function ablationTable({ name, axes }: Ablation, cells: readonly Placed[], made: Date): AblationTable {
  const groups = new Map<string, Placed[]>();
  for (const cell of cells) {
    const key = cellKey(cell.recipe);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const rows = [...groups.values()].map((group) => row(group, axes));
  for (const r of rows) r.against = against(r, rows);
  const runs = cells.flatMap(({ at }) => (at.state === 'done' ? [at.run.run] : []));
  return {
    version: 1,
    name,
    made: made.toISOString(),
    done: runs.length,
    of: cells.length,
    axes,
    facts: facts(runs, cells, axes),
    rows,
  };
}

const number = (x: SavedNumber | null | undefined): number | null =>
  x === null || x === undefined ? null : decodeNumber(x);

function row(group: readonly Placed[], axes: readonly string[]): TableRow {
  const [{ variant, recipe }] = group as [Placed];
  const fields = flatten(recipe);
  const seeds = group.map(result);
  const similarity = taps.flatMap((tap) => {
    const spread = spreadOf(seeds.map((s) => s.cos_abs[tap] ?? null));
    return spread ? [[tap, spread] as const] : [];
  });
  return {
    variant,
    axes: Object.fromEntries(axes.map((axis) => [axis, fields[axis] ?? null])),
    seeds,
    top1: spreadOf(seeds.map((s) => s.top1)),
    cos_abs: Object.fromEntries(similarity),
    noise_floor: metricCatalogue.cos_abs.floor?.(recipe.model.embed_dim) ?? null,
    images_per_s: spreadOf(seeds.map((s) => s.images_per_s)),
    trained_s: spreadOf(seeds.map((s) => s.trained_s)),
    against: null,
  };
}

/** Numbers of finished runs alone: a half-trained one is not compared. */
function result({ recipe, at }: Placed): SeedResult {
  const run = at.state === 'left' ? null : at.run;
  const base = { seed: recipe.seed, state: at.state, run: run?.id ?? null };
  if (at.state !== 'done') return { ...base, top1: null, cos_abs: {}, images_per_s: null, trained_s: null };
  const { summary, times } = at.run.run;
  const similarity = taps.flatMap((tap) => {
    const value = number(summary.last_layer_similarity[tap]);
    return value === null ? [] : [[tap, value] as const];
  });
  return {
    ...base,
    top1: number(summary['val/top1']),
    cos_abs: Object.fromEntries(similarity),
    images_per_s: number(summary.images_per_s),
    trained_s: times.trained_s,
  };
}

function against(row: TableRow, rows: readonly TableRow[]): TableRow['against'] {
  const point = JSON.stringify(row.axes);
  const first = rows.find((r) => JSON.stringify(r.axes) === point && r.variant === rows[0]?.variant);
  if (!first?.top1 || !row.top1 || first === row) return null;
  return {
    variant: first.variant,
    top1: row.top1.mean - first.top1.mean,
    overlap: rangesOverlap(row.top1, first.top1),
  };
}

function facts(runs: readonly Run[], cells: readonly Placed[], axes: readonly string[]): Record<string, string[]> {
  const varied = recipeDiff(cells.map((c) => c.recipe)).map((d) => d.field);
  const of = <T>(items: readonly T[], text: (item: T) => string | null): string[] => [
    ...new Set(items.flatMap((item) => text(item) ?? [])),
  ];
  const recipes = cells.map((c) => c.recipe);
  const found: Record<string, string[]> = {
    dataset: of(runs, ({ dataset: d }) => d && `${d.name}, ${d.train} train and ${d.val} validation images`),
    'dataset fingerprint': of(runs, ({ dataset }) => dataset?.fingerprint.slice(0, 16) ?? null),
    train_limit: of(recipes, (r) => String(r.data.train_limit ?? 'none')),
    steps: of(runs, (r) => r.progress && `${r.progress.steps} of ${r.recipe.train.batch_size} images`),
    model: of(recipes, ({ model: m, data }) => {
      const depth = axes.includes('model.depth') ? '' : `, depth ${m.depth}`;
      return `${m.name}, patch ${m.patch_size} of ${data.img_size} px, width ${m.embed_dim}, ${m.num_heads} heads, mlp_ratio ${m.mlp_ratio}${depth}`;
    }),
    losses: of(recipes, ({ losses: l }) => `definition ${l.definition}, tap ${l.tap}`),
    varied: varied,
    engine: of(
      runs,
      ({ engine: e, threads }) => e && `${e.name}, form ${e.form}, ${e.version}, ${e.device}, ${threads} threads`,
    ),
    versions: of(runs, ({ versions }) =>
      Object.entries(versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(', '),
    ),
    trained: of(runs, ({ times }) => times.ended?.slice(0, 10) ?? null).sort(),
  };
  return Object.fromEntries(Object.entries(found).filter(([, values]) => values.length > 0));
}
