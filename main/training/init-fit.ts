// What a worker would refuse of `model.init`, from what it says of the checkpoint beforehand: so that a form shows it at its fields.
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { fitProblems, modelLine } from '../../core/checkpoint-fit.ts';
import { modelOf } from '../../core/recipe-on-data.ts';

/** The part of a checkpoint's model, as `inspect` tells it, that weights depend on. */
const shape = z.object({
  img_size: z.number(),
  patch_size: z.number(),
  in_chans: z.number(),
  num_classes: z.number(),
  embed_dim: z.number(),
  depth: z.number(),
  num_heads: z.number(),
  mlp_ratio: z.number(),
  pos_embed: z.enum(['learn', 'sincos']).optional(),
  global_pool: z.enum(['token', 'avg']).optional(),
  reg_tokens: z.number().optional(),
  distilled: z.boolean().optional(),
  talking_heads: z.boolean().optional(),
  init_values: z.number().optional(),
  fc_norm: z.boolean().optional(),
});

/** `found`: told with the recipe's heads. Throws CHECKPOINT_INVALID with each difference at its field, `model.init` for no model at all. */
export function checkInit(recipe: Recipe, found: ResultOf<'inspect'>): void {
  const checkpoint = shape.safeParse(found.model);
  const problems = checkpoint.success
    ? fitProblems(checkpoint.data, modelOf(recipe, { classes: 1, channels: 1 }), {
        resizePatches: recipe.model.resize_patches,
      })
    : [{ where: 'model.init', message: found.problems[0] ?? 'it holds no model that is computed here' }];
  const [first] = problems;
  if (!first) return;
  throw new UnsmoothError(
    'CHECKPOINT_INVALID',
    `${first.where}: ${first.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
    checkpoint.success ? `The recipe fits with ${modelLine(checkpoint.data)}.` : 'Choose another checkpoint.',
    problems,
  );
}
