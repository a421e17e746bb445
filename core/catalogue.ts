// The diagnostics and losses in words: what each number is, where it is taken, what it can be, what random tokens would give.
// The one source of wording for charts, reports and help.
import type { ProbeMetric, Recipe, Tap } from '../contract/recipe.ts';

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

/** What random tokens of a model would give: value and words for a chart; null where none is known. hfc: 1 - 1/n, n patches. */
export function randomLevel(metric: ProbeMetric, recipe: Recipe): { value: number; text: string } | null {
  const { embed_dim: width, patch_size } = recipe.model;
  const patches = (recipe.data.img_size / patch_size) ** 2;
  if (metric === 'hfc') return { value: 1 - 1 / patches, text: `random tokens, ${patches} patches` };
  const value = metricCatalogue[metric].floor?.(width);
  return value === undefined ? null : { value, text: `random tokens, width ${width}` };
}

export interface TagEntry {
  title: string;
  /** Of the axis it is drawn on. */
  unit: string;
  /** One value a step, for smoothing to be of use; else one now and then. */
  noisy: boolean;
}

/** Every tag of metrics.jsonl in words, in the order of charts. */
export const tagCatalogue: Readonly<Record<string, TagEntry>> = {
  'train/loss': { title: 'total', unit: 'loss', noisy: true },
  'train/loss_ce': { title: 'cross-entropy', unit: 'loss', noisy: true },
  'train/loss_patch_cosine': { title: 'patch cosine', unit: 'loss', noisy: true },
  'train/loss_patch_contrastive': { title: 'patch contrastive', unit: 'loss', noisy: true },
  'train/loss_patch_mixing': { title: 'patch mixing', unit: 'loss', noisy: true },
  'val/loss': { title: 'validation cross-entropy', unit: 'loss', noisy: false },
  'train/top1': { title: 'training top-1', unit: 'accuracy, %', noisy: true },
  'val/top1': { title: 'validation top-1', unit: 'accuracy, %', noisy: false },
  'val/top5': { title: 'validation top-5', unit: 'accuracy, %', noisy: false },
  'val_ema/top1': { title: 'validation top-1, EMA', unit: 'accuracy, %', noisy: false },
  'optim/lr': { title: 'learning rate', unit: 'learning rate', noisy: false },
  'perf/images_per_s': { title: 'images/s', unit: 'images/s', noisy: true },
  'perf/step_ms': { title: 'step time', unit: 'ms', noisy: true },
};

export const tapWords: Readonly<Record<Tap, string>> = {
  block: 'raw output of each block (layer 0: the patch embedding with its position)',
  norm: 'the same, after the final LayerNorm',
};

/** Said wherever similarity is shown: what the figures do not prove. */
export const caution =
  'Lower similarity is not better by itself: it need not rise with depth, and some smoothing can help. Read it beside the accuracy.';
