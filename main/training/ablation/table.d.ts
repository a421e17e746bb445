import { type Tap } from '../../../contract/recipe.ts';
import { type Spread } from '../../../core/spread.ts';
import { type Ablation } from './read.ts';
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
  against: {
    variant: string;
    top1: number;
    overlap: boolean;
  } | null;
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
export declare function ablationTable({ name, axes }: Ablation, cells: readonly Placed[], made: Date): AblationTable;
