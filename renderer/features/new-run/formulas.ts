// The formulas beside the losses of a recipe: those of the definition that it names.
import { lossDefinitions, parseRecipe } from '../../../contract/recipe.ts';
import { lossFormulas } from '../../../core/loss-formulas.ts';
import { type Tree, valueAt } from './recipe-text.ts';

const byDefault = parseRecipe({}).losses.definition;

/** By path of the field; of the default definition where the text names none that there is. */
export function formulasFor(tree: Tree): ReadonlyMap<string, string> {
  const said = valueAt(tree, 'losses.definition');
  const definition = lossDefinitions.find((d) => d === said) ?? byDefault;
  return new Map(lossFormulas([definition]).map(({ field, formula }) => [`losses.${field}`, formula]));
}
