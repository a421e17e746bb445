// The preset that a recipe differs from least. Pure.
import type { Preset } from '../../../contract/app/training.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { type Difference, recipeDiff } from '../../../core/diff.ts';

/** More fields than this that differ, and a recipe is one of its own. */
const most = 16;

/** Values of a difference: the preset's, then the recipe's. null where no preset is near. */
export function nearestPreset(
  recipe: Recipe,
  presets: readonly Preset[],
): { preset: Preset; differences: Difference[] } | null {
  const all = presets
    .map((preset) => ({ preset, differences: recipeDiff([preset.recipe, recipe]) }))
    .sort((a, b) => a.differences.length - b.differences.length);
  const best = all[0];
  return best && best.differences.length <= most ? best : null;
}
