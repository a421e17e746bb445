// The checkpoints of a report: what each is, and what was measured on it. Numbers first; HTML and JSON are two views of them.
import type { CheckpointResults } from '../../contract/app/checkpoints.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { type ProbeMetric, probeMetrics, type Tap, taps } from '../../contract/recipe.ts';
import { decodeList } from '../../contract/saved/lines.ts';
import type { CheckpointEntry } from '../../contract/saved/run.ts';
import { metricCatalogue, tapWords } from '../../core/catalogue.ts';
import { seriesColour } from '../../core/colour.ts';
import { lineChart, type Series } from '../../core/figure/line-chart.ts';
import { formatNumber, formatPercent } from '../../core/format.ts';
import { type Chart, floors, tableOf } from './charts.ts';
import type { Row } from './facts.ts';

export interface ReportCheckpoint {
  /** Path of the weights file. */
  file: string;
  /** Id of its run, and a name to show: the run's and the step. */
  run: string;
  name: string;
  entry: CheckpointEntry;
  /** Width of its model. */
  width: number;
  /** cos_abs of the last layer at the probe nearest before it. */
  last_layer_similarity: number | null;
  results: CheckpointResults;
}

const bytes = (n: number): string => `${formatNumber(n / 1e6, 3)} MB`;

export function checkpointRows(checkpoints: readonly ReportCheckpoint[]): Row[] {
  const row = (name: string, cell: (c: ReportCheckpoint) => string): Row => [name, ...checkpoints.map(cell)];
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
    ...evaluationRows(checkpoints),
    row('File', (c) => c.file),
  ];
}

/** One row for each dataset, split and number of images that any of them was evaluated on. */
function evaluationRows(checkpoints: readonly ReportCheckpoint[]): Row[] {
  const where = (e: CheckpointResults['evaluations'][number]) =>
    `${e.dataset.name}, split ${e.split}, ${e.images.toLocaleString('en-US')} images`;
  const all = [...new Set(checkpoints.flatMap((c) => c.results.evaluations.map(where)))].sort();
  return all.map((on): Row => {
    const cells = checkpoints.map((c) => {
      const found = c.results.evaluations.find((e) => where(e) === on);
      if (!found) return '-';
      const [top1, top5, loss] = [found.top1, found.top5, found.loss].map(decodeNumber);
      return `top-1 ${formatPercent(top1)}, top-5 ${formatPercent(top5)}, loss ${formatNumber(loss)}`;
    });
    return [`Evaluated on ${on}`, ...cells];
  });
}

const ofTap = (c: ReportCheckpoint, metric: ProbeMetric, tap: Tap) =>
  c.results.diagnoses.filter((d) => d.tap === tap && d.metrics[metric]);

/** One chart per metric and tap that was diagnosed: layers of every checkpoint and dataset. */
export function checkpointCharts(checkpoints: readonly ReportCheckpoint[]): Chart[] {
  return probeMetrics.flatMap((metric) =>
    taps.flatMap((tap): Chart[] => {
      const series = checkpoints.flatMap((c, i) =>
        ofTap(c, metric, tap).map((d, j): Series => {
          const values = d.metrics[metric] ?? [];
          const points = decodeList(values).map((y, layer): [number, number] => [layer, y]);
          const name = `${c.name}, ${d.dataset.name} ${d.split}, ${d.images.toLocaleString('en-US')} images`;
          return { name, colour: seriesColour(i), points, dots: true, ...(j > 0 ? { dash: '5 4' } : {}) };
        }),
      );
      if (series.length === 0) return [];
      const { range, title: what } = metricCatalogue[metric];
      const levels = floors(
        checkpoints.map((c) => c.width),
        metric,
      );
      const title = `Diagnosed: ${metric}, tap ${tap}`;
      const svg = lineChart({
        title,
        x: { label: 'layer', whole: true },
        y: { label: metric, bounds: range },
        series,
        levels,
      });
      return [{ title, svg, table: tableOf('layer', series), note: `${what}; tap ${tap}: ${tapWords[tap]}.` }];
    }),
  );
}
