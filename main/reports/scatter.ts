// Accuracy against the last layer's similarity, one point a run: what suppressing over-smoothing was for, in one picture.
import { decodeNumber } from '../../contract/numbers.ts';
import { seriesColour } from '../../core/colour.ts';
import { lineChart, type Series } from '../../core/figure/line-chart.ts';
import { formatNumber, formatPercent } from '../../core/format.ts';
import type { Chart } from './charts.ts';
import type { ReportRun } from './collect.ts';

/** Nothing where fewer than two runs have both numbers: one point says nothing. */
export function accuracyAgainstSimilarity(runs: readonly ReportRun[]): Chart[] {
  const points = runs.flatMap((run, i) => {
    const { best_top1, last_layer_similarity: of } = run.run.summary;
    const [top1, similarity] = [best_top1, of.norm ?? of.block].map((v) => decodeNumber(v ?? 'NaN'));
    if (top1 === undefined || similarity === undefined || !Number.isFinite(top1 + similarity)) return [];
    return [{ name: run.name, colour: seriesColour(i), top1, similarity }];
  });
  if (points.length < 2) return [];
  const title = 'Accuracy against similarity';
  const series = points.map(
    ({ name, colour, top1, similarity }): Series => ({ name, colour, points: [[similarity, top1]], dots: true }),
  );
  const svg = lineChart({
    title,
    x: { label: 'last-layer similarity' },
    y: { label: 'best top-1, %', bounds: [0, 100] },
    series,
  });
  const table = [
    ['run', 'last-layer similarity', 'best top-1'],
    ...points.map((p) => [p.name, formatNumber(p.similarity, 4), formatPercent(p.top1)]),
  ];
  return [{ title, svg, table, note: 'Best validation top-1, and cos_abs of the last layer at the last probe.' }];
}
