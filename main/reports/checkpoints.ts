// The checkpoints of a report: what each is, and what was measured on it. Numbers first; HTML and JSON are two views of them.
import type { CheckpointResults } from '../../contract/app/checkpoints.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { probeMetrics, taps } from '../../contract/recipe.ts';
import { decodeList } from '../../contract/saved/lines.ts';
import type { CheckpointEntry } from '../../contract/saved/run.ts';
import { metricCatalogue, tapWords } from '../../core/catalogue.ts';
import { seriesColour } from '../../core/colour.ts';
import { lineChart, type Series } from '../../core/figure/line-chart.ts';
import { formatNumber, formatPercent } from '../../core/format.ts';
import { type Chart, tableOf } from './charts.ts';
import type { Row } from './facts.ts';

export interface ReportCheckpoint {
  /** Path of the weights file. */
  file: string;
  /** Id of its run, and a name to show: the run's and the step. */
  run: string;
  name: string;
  entry: CheckpointEntry;
  /** cos_abs of the last layer at the probe nearest before it. */
  last_layer_similarity: number | null;
  results: CheckpointResults;
}

const bytes = (n: number): string => `${formatNumber(n / 1e6, 3)} MB`;

export function checkpointRows(checkpoints: readonly ReportCheckpoint[]): Row[] {
  const row = (name: string, cell: (c: ReportCheckpoint) => string): Row => [name, ...checkpoints.map(cell)];
  const measured = (c: ReportCheckpoint, value: (e: CheckpointResults['evaluations'][number]) => string) =>
    c.results.evaluations
      .map((e) => `${value(e)} (${e.dataset.name}, split ${e.split}, ${e.images.toLocaleString('en-US')} images)`)
      .join('; ') || '-';
  return [
    row('Run', (c) => c.run),
    row('Step', (c) => c.entry.step.toLocaleString('en-US')),
    row('Epoch', (c) => formatNumber(c.entry.epoch, 4)),
    row('Size, weights and state', (c) => bytes(c.entry.bytes)),
    row('Saved', (c) => c.entry.created),
    row('Validation top-1 when saved', (c) => {
      const top1 = c.entry.metrics['val/top1'];
      return top1 === undefined ? '-' : formatPercent(decodeNumber(top1));
    }),
    row('Last-layer cos_abs of the probe before', (c) => formatNumber(c.last_layer_similarity)),
    row('Evaluated: top-1', (c) => measured(c, (e) => formatPercent(decodeNumber(e.top1)))),
    row('Evaluated: top-5', (c) => measured(c, (e) => formatPercent(decodeNumber(e.top5)))),
    row('Evaluated: loss', (c) => measured(c, (e) => formatNumber(decodeNumber(e.loss)))),
    row('File', (c) => c.file),
  ];
}

/** One chart per metric and tap that was diagnosed: layers of every checkpoint and dataset. */
export function checkpointCharts(checkpoints: readonly ReportCheckpoint[]): Chart[] {
  return probeMetrics.flatMap((metric) =>
    taps.flatMap((tap): Chart[] => {
      const series = checkpoints.flatMap((c, i) =>
        c.results.diagnoses.flatMap((d, j): Series[] => {
          const values = d.tap === tap ? d.metrics[metric] : undefined;
          if (!values) return [];
          const points = decodeList(values).map((y, layer): [number, number] => [layer, y]);
          const name = `${c.name}, ${d.dataset.name} ${d.split}, ${d.images.toLocaleString('en-US')} images`;
          return [{ name, colour: seriesColour(i), points, dots: true, ...(j > 0 ? { dash: '5 4' } : {}) }];
        }),
      );
      if (series.length === 0) return [];
      const { range, title: what } = metricCatalogue[metric];
      const title = `Diagnosed: ${metric}, tap ${tap}`;
      const svg = lineChart({ title, x: { label: 'layer', whole: true }, y: { label: metric, bounds: range }, series });
      return [{ title, svg, table: tableOf('layer', series), note: `${what}; tap ${tap}: ${tapWords[tap]}.` }];
    }),
  );
}
