// Which tags stand together in which chart, and as which curves. Pure.
import type { Curves } from '../../../contract/app/series.ts';
import { tagCatalogue } from '../../../core/catalogue.ts';
import { type ChartSeries, curveSeries, type XAxis } from '../../charts/series.ts';

export const lossTags = [
  'train/loss',
  'train/loss_ce',
  'train/loss_patch_cosine',
  'train/loss_patch_contrastive',
  'train/loss_patch_mixing',
  'val/loss',
] as const;
export const accuracyTags = ['val/top1', 'train/top1', 'val/top5', 'val_ema/top1'] as const;

/** Curves of the tags that there are, each with the look of its place among all of them. */
export function tagSeries(
  curves: Readonly<Curves>,
  tags: readonly string[],
  axis: XAxis,
  look: (i: number) => { colour: string; dash: readonly number[] },
): ChartSeries[] {
  return tags.flatMap((tag, i) => {
    const curve = curves[tag];
    const entry = tagCatalogue[tag] ?? { title: tag, unit: '', noisy: true };
    if (!curve) return [];
    return [curveSeries(curve, axis, { id: tag, name: entry.title, ...look(i), dots: few(curve.step) }, entry.noisy)];
  });
}

const few = (step: Float64Array): boolean => step.length <= 60;
