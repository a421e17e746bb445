// The diagnostics and losses in words: what each number is, where it is taken, what it can be, what random tokens would give.
// The one source of wording for charts, reports and help.
import { type ProbeMetric, recipeSchema, type Tap } from '../contract/recipe.ts';

export interface MetricEntry {
  id: ProbeMetric;
  title: string;
  formula: string;
  /** Smallest and largest possible value. */
  range: readonly [number, number];
  /** Value for n random tokens of width D, or null where it depends on more than D. */
  floor: ((width: number) => number) | null;
  floorFormula: string;
  /** What a high value means, without praise or blame. */
  reading: string;
  source: string;
}

/** Mean of |cos| of two random directions in D dimensions, for large D: sqrt(2 / (π D)). */
const randomAbsoluteCosine = (width: number): number => Math.sqrt(2 / (Math.PI * width));

export const metricCatalogue: Readonly<Record<ProbeMetric, MetricEntry>> = {
  cos_abs: {
    id: 'cos_abs',
    title: 'Absolute cosine similarity of patches',
    formula: '1/(n(n-1)) Σ_{i≠j} |h_i·h_j| / (|h_i||h_j|), per image, then the mean over images',
    range: [0, 1],
    floor: randomAbsoluteCosine,
    floorFormula: 'sqrt(2/(π D)) for random tokens of width D',
    reading:
      '1: all patches point the same way or opposite ways. Near the floor: they are as unlike as random directions.',
    source: 'Gong et al. 2021, arXiv 2104.12753v3',
  },
  cos: {
    id: 'cos',
    title: 'Cosine similarity of patches',
    formula: '1/(n(n-1)) Σ_{i≠j} h_i·h_j / (|h_i||h_j|), per image, then the mean over images',
    range: [-1, 1],
    floor: () => 0,
    floorFormula: '0 for random tokens',
    reading: '1: all patches point the same way. 0: they cancel out on average.',
    source: 'Gong et al. 2021, arXiv 2104.12753v1',
  },
  hfc: {
    id: 'hfc',
    title: 'Energy outside the mean token',
    formula: '1 - n |mean_i h_i|² / Σ_i |h_i|², per image, then the mean over images',
    range: [0, 1],
    floor: null,
    floorFormula: '1 - 1/n for n random tokens',
    reading: '0: every patch equals the mean token. 1: the mean token is zero.',
    source: 'Wang et al. 2022, the high-frequency share',
  },
};

export const tapWords: Readonly<Record<Tap, string>> = {
  block: 'raw output of each block (layer 0: the patch embedding with its position)',
  norm: 'the same, after the final LayerNorm',
};

/** Said wherever similarity is shown: what the figures do not prove. */
export const caution =
  'Lower similarity is not better by itself: it need not rise with depth, and some smoothing can help. Read it beside the accuracy.';

/** The losses as the recipe's schema words them. */
export function lossDefinitions(): { field: string; title: string; formula: string }[] {
  const { shape } = recipeSchema.shape.losses.unwrap();
  return (['patch_cosine', 'patch_contrastive', 'patch_mixing'] as const).map((field) => {
    const meta = shape[field].meta();
    return { field, title: meta?.title ?? field, formula: typeof meta?.formula === 'string' ? meta.formula : '' };
  });
}
