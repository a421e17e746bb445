// A folder of recipes as a plan: what is to be trained, in which order. What cannot be trained is refused here, before anything starts.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../../contract/errors.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { readRecipe, readTree, recipeOf } from '../recipe-file.ts';
import { cellsOf, parseGrid } from './grid.ts';

/** One training of an ablation. */
export interface Cell {
  variant: string;
  /** As it is spoken of while it trains. */
  title: string;
  recipe: Recipe;
}

export interface Ablation {
  name: string;
  folder: string;
  /** Dotted fields that rows of the table are told apart by, beside the variant. */
  axes: string[];
  cells: Cell[];
}

const gridFile = 'ablation.yaml';

/** Equal for recipes that train the same: everything but the name. */
export const recipeKey = (recipe: Recipe): string => JSON.stringify({ ...recipe, name: '' });
/** Equal for recipes that differ in name and seed alone. */
export const cellKey = (recipe: Recipe): string => recipeKey({ ...recipe, seed: 0 });

/**
 * The recipes of `folder` (*.yaml by name) and the cells of its ablation.yaml, with `settings` over each.
 * Throws RECIPE_UNREADABLE, RECIPE_INVALID naming file and field, USAGE.
 */
export function readAblation(folder: string, settings: readonly string[]): Ablation {
  const files = yamlFiles(folder);
  const grid = path.join(folder, gridFile);
  const fromGrid = existsSync(grid) ? readGrid(grid, settings) : null;
  const recipes = files.filter((f) => f !== gridFile && f !== fromGrid?.base);
  const cells = [...(fromGrid?.cells ?? []), ...recipes.map((f) => readCell(path.join(folder, f), settings))];
  if (cells.length === 0)
    throw new UnsmoothError(
      'RECIPE_UNREADABLE',
      `${folder}: there is no recipe in it`,
      `Put recipes (*.yaml) or a grid (${gridFile}) there.`,
    );
  refuseTwins(cells);
  return {
    name: fromGrid?.name ?? path.basename(path.resolve(folder)),
    folder: path.resolve(folder),
    axes: fromGrid?.axes.length ? fromGrid.axes : ['model.depth'],
    cells,
  };
}

function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
      .sort();
  } catch (e) {
    const { message } = UnsmoothError.from(e);
    throw new UnsmoothError('RECIPE_UNREADABLE', `${folder}: ${message}`, 'Check the folder.', [], { cause: e });
  }
}

function readGrid(file: string, settings: readonly string[]) {
  const grid = parseGrid(readTree(file), file);
  const folder = path.dirname(path.resolve(file));
  const { base } = grid;
  const fields = typeof base === 'string' ? readTree(path.resolve(folder, base)) : base;
  const cells = cellsOf(grid, fields).map(({ variant, title, fields }): Cell => {
    const recipe = inside(`${file}: ${title}`, () => recipeOf(fields, settings, folder));
    return { variant, title, recipe };
  });
  return {
    name: grid.name,
    axes: Object.keys(grid.axes),
    base: typeof base === 'string' ? path.normalize(base) : null,
    cells,
  };
}

function readCell(file: string, settings: readonly string[]): Cell {
  const recipe = inside(file, () => readRecipe(file, settings));
  const variant = recipe.name.replace(/[-_, ]*(s|seed)[-_ ]?\d+$/i, '') || recipe.name;
  return { variant, title: `${recipe.name}, seed ${recipe.seed}`, recipe };
}

/** A recipe that is refused says which one it is. */
function inside<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (e) {
    const { code, message, hint, problems } = UnsmoothError.from(e);
    if (code !== 'RECIPE_INVALID') throw e;
    throw new UnsmoothError(code, `${what}: ${message}`, hint, problems, { cause: e });
  }
}

function refuseTwins(cells: readonly Cell[]): void {
  const seen = new Map<string, Cell>();
  for (const cell of cells) {
    const key = recipeKey(cell.recipe);
    const twin = seen.get(key);
    if (twin)
      throw new UnsmoothError(
        'RECIPE_INVALID',
        `"${twin.title}" and "${cell.title}" are the same recipe with the same seed`,
        'Take one away, or give it another seed.',
      );
    seen.set(key, cell);
  }
}
