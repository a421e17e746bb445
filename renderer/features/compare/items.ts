// What is compared, as the screen speaks of it: one name and one look each, the same in every chart and table. Pure.
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';
import type { RunDetail, RunRow } from '../../../contract/app/runs.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import type { Chosen } from './chosen.ts';

export interface Look {
  colour: string;
  dash: readonly number[];
}

interface Common extends Look {
  /** Of its curves. */
  key: string;
  /** Tells it apart from all others on the screen. */
  name: string;
  /** Of the run itself or of the run it was saved by; empty for a checkpoint from elsewhere. */
  run: string;
  /** Undefined while its run is being read, or where it cannot be. */
  row: RunRow | undefined;
  recipe: Recipe | undefined;
}
export type RunItem = Common & { kind: 'run' };
export type CheckpointItem = Common & { kind: 'checkpoint'; file: string; checkpoint: CheckpointRow | undefined };
export type Item = RunItem | CheckpointItem;

export interface Known {
  row(id: string): RunRow | undefined;
  detail(id: string): RunDetail | undefined;
  checkpoint(file: string): CheckpointRow | undefined;
  look(i: number): Look;
}

export function itemsOf(chosen: Chosen, known: Known): Item[] {
  const names = namesOf(chosen, known);
  const common = (key: string, run: string, i: number) => {
    const detail = known.detail(run);
    const row = known.row(run) ?? detail?.row;
    return { key, name: names[i] ?? key, run, row, recipe: detail?.run.recipe, ...known.look(i) };
  };
  return [
    ...chosen.runs.map((id, i): RunItem => ({ kind: 'run', ...common(`run ${id}`, id, i) })),
    ...chosen.checkpoints.map((file, i): CheckpointItem => {
      const checkpoint = known.checkpoint(file);
      const run = checkpoint ? (checkpoint.run ?? '') : runOfFile(file);
      return {
        kind: 'checkpoint',
        file,
        checkpoint,
        ...common(`checkpoint ${file}`, run, chosen.runs.length + i),
      };
    }),
  ];
}

/** The folder above checkpoints/ is the run's; empty where the path is another. */
export function runOfFile(file: string): string {
  const parts = file.split(/[/\\]/);
  return parts.at(-2) === 'checkpoints' ? (parts.at(-3) ?? '') : '';
}

function namesOf({ runs, checkpoints }: Chosen, known: Known): string[] {
  const named = [
    ...runs.map((id) => ({ id, name: (known.row(id) ?? known.detail(id)?.row)?.name ?? id })),
    ...checkpoints.map((file) => {
      const found = known.checkpoint(file);
      const short = file.split(/[/\\]/).slice(-3).join('/');
      return {
        id: found ? (found.run ?? file) : runOfFile(file),
        name: found?.name ?? short,
      };
    }),
  ];
  return named.map(({ id, name }) => {
    const twins = named.filter((other) => other.name === name);
    if (twins.length === 1) return name;
    const stamp = id.slice(0, 15); // when it was made
    return `${name} (${twins.filter((t) => t.id.startsWith(stamp)).length > 1 ? id : stamp})`;
  });
}
