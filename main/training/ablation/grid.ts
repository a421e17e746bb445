// A grid of recipes that is written once: a base, named variants, axes and seeds become one recipe per cell. It knows no run.
import { z } from 'zod';
import { UnsmoothError } from '../../../contract/errors.ts';
import { isTree, type Tree } from '../recipe-file.ts';

const fields = z.record(z.string(), z.unknown());

/** `ablation.yaml`. Fields are those of a recipe, nested or with dots (`model.depth: 12`). */
export const gridSchema = z.strictObject({
  version: z.literal(1, { error: 'this version reads grids of version 1' }).default(1),
  /** Of the whole; part of the name of every run. */
  name: z.string().trim().min(1).max(60),
  /** A recipe's fields, or the file that holds them, seen from the grid's folder. */
  base: z.union([z.string().min(1), fields], { error: 'expected fields of a recipe, or the name of its file' }),
  /** Name → what it sets over the base; the others are compared with the first. */
  variants: z
    .record(z.string().min(1), fields.nullable())
    .refine((v) => Object.keys(v).length > 0, { error: 'name at least one' }),
  /** Dotted field → its values. */
  axes: z.record(z.string(), z.array(z.unknown()).min(1)).default({}),
  seeds: z.array(z.int().min(0)).min(1),
});
export type Grid = z.output<typeof gridSchema>;

export interface GridCell {
  variant: string;
  /** Variant, axes and seed. */
  title: string;
  /** Fields of the recipe. */
  fields: Tree;
}

/** More than anybody trains one after another; a typing error rather than a plan. */
const mostCells = 1000;

/** Throws RECIPE_INVALID with one problem per field. */
export function parseGrid(found: unknown, file: string): Grid {
  const grid = gridSchema.safeParse(found);
  if (grid.success) return grid.data;
  const problems = grid.error.issues.map((issue) => ({ where: issue.path.join('.'), message: issue.message }));
  const first = problems[0];
  throw new UnsmoothError(
    'RECIPE_INVALID',
    `${file}: ${first?.where || 'grid'}: ${first?.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
    'A grid has name, base, variants, axes and seeds.',
    problems,
  );
}

/**
 * Every cell: all of the first seed, then all of the next, so that what is done first is a whole table. `base`: the fields that
 * grid.base means. Throws RECIPE_INVALID.
 */
export function cellsOf(grid: Grid, base: Tree): GridCell[] {
  const points = product(grid.axes);
  const count = Object.keys(grid.variants).length * points.length * grid.seeds.length;
  if (count > mostCells)
    throw new UnsmoothError(
      'RECIPE_INVALID',
      `the grid has ${count} cells; at most ${mostCells} are trained as one`,
      'Write fewer axes, values or seeds.',
    );
  return grid.seeds.flatMap((seed) =>
    points.flatMap((point) =>
      Object.entries(grid.variants).map(([variant, own]) => {
        const at = Object.entries(point).map(([axis, v]) => `${axis.split('.').at(-1)} ${v}`);
        const title = [variant, ...at, `seed ${seed}`].join(', ');
        const name = `${grid.name} ${title}`.slice(0, 120);
        return { variant, title, fields: { ...patched(patched(base, own ?? {}), point), name, seed } };
      }),
    ),
  );
}

function product(axes: Grid['axes']): Tree[] {
  return Object.entries(axes).reduce<Tree[]>(
    (points, [axis, values]) => points.flatMap((point) => values.map((v) => ({ ...point, [axis]: v }))),
    [{}],
  );
}

/** `over` set into a copy of `tree`: maps are joined, everything else is replaced; a dotted name is a way down. */
export function patched(tree: Tree, over: Tree): Tree {
  const result = { ...tree };
  for (const [name, value] of Object.entries(over)) {
    const [head = '', ...rest] = name.split('.');
    const inner = rest.length ? { [rest.join('.')]: value } : value;
    const before = result[head];
    result[head] = isTree(inner) ? patched(isTree(before) ? before : {}, inner) : inner;
  }
  return result;
}
