// What differs between recipes, field by field.
import { parseRecipe, type Recipe } from '../contract/recipe.ts';

/** Every field of a recipe as a dotted path; lists as one value. */
export function flatten(recipe: Recipe): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(recipe))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [inner, v] of Object.entries(value)) flat[`${key}.${inner}`] = v;
    else flat[key] = value;
  return flat;
}

export interface Difference {
  field: string;
  /** One value per recipe, in their order. */
  values: unknown[];
}

/** The fields in which not all recipes agree, in the recipe's order; names are not compared. */
export function recipeDiff(recipes: readonly Recipe[]): Difference[] {
  const flat = recipes.map(flatten);
  const fields = [...new Set(flat.flatMap(Object.keys))].filter((f) => f !== 'name');
  return fields
    .map((field) => ({ field, values: flat.map((f) => f[field]) }))
    .filter(({ values }) => new Set(values.map((v) => JSON.stringify(v))).size > 1);
}

/** Every field with its default. */
export const defaultFields: Readonly<Record<string, unknown>> = flatten(parseRecipe({}));

/** The fields that are not as they are by default; name aside. */
export function ownFields(recipe: Recipe): Record<string, unknown> {
  const own = ([field, value]: [string, unknown]) =>
    field !== 'name' && JSON.stringify(value) !== JSON.stringify(defaultFields[field]);
  return Object.fromEntries(Object.entries(flatten(recipe)).filter(own));
}
