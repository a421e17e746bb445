// What a layout is: a pure mapping from a file's names to a model's configuration and the origin of each of our tensors.
import type { VitConfig } from '../../models/vit-config.ts';
import { checkpointInvalid } from '../file-bytes.ts';
import type { TensorFile } from '../tensor-file.ts';
import type { Origin } from './origin.ts';

/** A file's names and shapes, and what lies beside it, as a layout asks for them. */
export interface Source {
  readonly file: TensorFile;
  /** config.json beside the file, or null. */
  readonly beside: Readonly<Record<string, unknown>> | null;
  has(name: string): boolean;
  /** Shape of a tensor that must be there with `rank` dimensions, none of them 0. Throws CHECKPOINT_INVALID. */
  shape(name: string, rank: 1): [number];
  shape(name: string, rank: 2): [number, number];
  shape(name: string, rank: 3): [number, number, number];
  shape(name: string, rank: 4): [number, number, number, number];
}

export interface Layout {
  /** In messages. */
  readonly name: string;
  recognises(file: TensorFile): boolean;
  /** Throws CHECKPOINT_INVALID where the names and shapes are of no model this program has. */
  read(source: Source): Reading;
}

/** What a layout makes of a file. */
export interface Reading {
  /** In words. */
  words: string;
  /** `num_heads` null: the file does not say. */
  config: Omit<VitConfig, 'num_heads'> & { num_heads: number | null };
  /** Where a tensor of ours comes from; `heads` as decided by then. */
  origin(name: string, config: VitConfig): Origin;
  /** Why a tensor of the file is left out on purpose; null: it is left over. */
  leftOut(name: string): string | null;
  /** What was assumed or folded, in words. */
  notes: string[];
  /** Names of the classes, where the file says them. */
  labels: readonly string[] | null;
}

export function sourceOf(file: TensorFile, beside: Source['beside'], layout: string): Source {
  function shape(name: string, rank: 1): [number];
  function shape(name: string, rank: 2): [number, number];
  function shape(name: string, rank: 3): [number, number, number];
  function shape(name: string, rank: 4): [number, number, number, number];
  function shape(name: string, rank: number): readonly number[] {
    const found = file.tensors.get(name)?.shape;
    if (!found) throw checkpointInvalid(file.path, `expected among the names of ${layout}, found none`, name);
    if (found.length !== rank || found.includes(0))
      throw checkpointInvalid(file.path, `expected ${rank} dimensions, found [${found.join(', ')}]`, name);
    return found;
  }
  return { file, beside, has: (name) => file.tensors.has(name), shape };
}

/** Blocks 0 … n-1, where `pattern` captures the number of one. Throws CHECKPOINT_INVALID where there is none. */
export function depthOf(file: TensorFile, pattern: RegExp): number {
  let depth = 0;
  for (const name of file.tensors.keys()) {
    const block = pattern.exec(name)?.[1];
    if (block !== undefined && block.length <= 4) depth = Math.max(depth, Number(block) + 1);
  }
  if (depth === 0) throw checkpointInvalid(file.path, 'expected blocks, found none');
  return depth;
}

/** The sides of square patches. */
export function squarePatch(file: TensorFile, name: string, height: number, width: number): number {
  if (height !== width) throw checkpointInvalid(file.path, `expected square patches, found ${height} x ${width}`, name);
  return height;
}

/**
 * Side of the patch grid from the number of positions, and whether the tokens before the patches have positions
 * (timm's no_embed_class: they have none). Where both fit (4 positions and 3 tokens before the patches) the grid that the file
 * says decides, else they have none, since timm's registers have none.
 */
export function gridOf(
  file: TensorFile,
  name: string,
  positions: number,
  prefix: number,
  said?: number,
): { grid: number; bare: boolean } {
  const fitting = [
    { grid: Math.sqrt(positions), bare: true },
    { grid: Math.sqrt(positions - prefix), bare: false },
  ].filter(({ grid }) => Number.isInteger(grid) && grid >= 1);
  const chosen = fitting.find(({ grid }) => grid === said) ?? fitting[0];
  if (chosen) return chosen;
  throw checkpointInvalid(
    file.path,
    `expected ${prefix} + G*G or G*G positions (tokens before the patches and a square grid), found ${positions}`,
    name,
  );
}

export const bareNote = (prefix: number): string =>
  `positions of patches alone; the ${prefix === 1 ? 'token' : `${prefix} tokens`} before them got zeros, which changes nothing`;

/** A number of a JSON file that is a count. */
export const countIn = (json: Readonly<Record<string, unknown>> | null, key: string): number | null => {
  const value = json?.[key];
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value : null;
};

/** Name of a parameter in a block: [number of the block, rest]; null outside of blocks. */
export function inBlock(name: string): [block: number, rest: string] | null {
  const match = /^blocks\.(\d+)\.(.+)$/.exec(name);
  return match ? [Number(match[1]), match[2] ?? ''] : null;
}
