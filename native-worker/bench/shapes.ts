// The shapes that speed is quoted on, and a training plan for each: cross-entropy on random images, as the peer trains.
import { parseRecipe } from '../../contract/recipe.ts';
import { makePlan, type Plan } from '../training/plan.ts';

export interface BenchShape {
  name: string;
  dim: number;
  depth: number;
  heads: number;
  batch: number;
  patch: number;
  size: number;
  classes: number;
}

const shape = (
  name: string,
  dim: number,
  depth: number,
  heads: number,
  batch: number,
  patch: number,
  size: number,
): BenchShape => ({
  name,
  dim,
  depth,
  heads,
  batch,
  patch,
  size,
  classes: 10,
});

/** D first: memory is read as a peak, so the shapes go from small to large. C is DeiT-S/16 at 224. */
export const benchShapes: readonly BenchShape[] = [
  shape('D', 64, 4, 4, 32, 4, 32),
  shape('A', 192, 6, 3, 32, 4, 32),
  shape('B', 192, 12, 3, 64, 4, 32),
  shape('C', 384, 12, 6, 8, 16, 224),
];

/** Told only by name: the example's model, on which engines are compared. */
export const namedShapes: readonly BenchShape[] = [...benchShapes, shape('example', 64, 12, 4, 64, 7, 28)];

/** The plan of a shape; `losses`: with the three patch losses. */
export function benchPlan(s: BenchShape, losses: boolean, precision: 'fp32' | 'bf16'): Plan {
  const weight = losses ? 1 : 0;
  const recipe = parseRecipe({
    data: { img_size: s.size, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    model: { patch_size: s.patch, embed_dim: s.dim, depth: s.depth, num_heads: s.heads },
    losses: { patch_cosine: weight, patch_contrastive: weight, patch_mixing: weight },
    train: { batch_size: s.batch, max_steps: 1_000_000 },
    precision,
  });
  return makePlan(recipe, { classes: s.classes, channels: 3, size: null, trainImages: s.batch });
}
