// recipe.yaml of a run: every field with the value it had, so that starting the file again reproduces the run.
import { stringify } from 'yaml';
import type { Recipe } from '../../contract/recipe.ts';

/** YAML of a resolved recipe; `comment` lines open the file. */
export function recipeToYaml(recipe: Recipe, comment = ''): string {
  const head = comment ? `${comment.replace(/^/gm, '# ')}\n` : '';
  return head + stringify(recipe, { lineWidth: 0 });
}
