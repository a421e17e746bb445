// The charts of a report: which curves stand together, under which name. Drawing is core/figure's.

import { type ProbeMetric, type Tap, taps } from '../../contract/recipe.ts';
import { decodeList, type LayersLine } from '../../contract/saved/lines.ts';
import { metricCatalogue, tapWords } from '../../core/catalogue.ts';
import { seriesColour, viridis } from '../../core/colour.ts';
import { heatmap } from '../../core/figure/heatmap.ts';
import { type Level, lineChart, type Series } from '../../core/figure/line-chart.ts';
import { formatNumber } from '../../core/format.ts';
import { type Point, smooth, thin } from '../../core/series.ts';
import { type ReportRun, scalar, tagsOf } from './collect.ts';

export interface Chart {
  title: string;
  svg: string;
  /** The same numbers as rows; the first row is the head. */
  table: string[][];
  /** One sentence under the chart. */
  note: string;
}

const mostPoints = 1500;
const mostRows = 40;
const lossNames: Readonly<Record<string, string>> = {
  'train/loss': 'total',
  'train/loss_ce': 'cross-entropy',
  'train/loss_patch_cosine': 'patch cosine',
  'train/loss_patch_contrastive': 'patch contrastive',
  'train/loss_patch_mixing': 'patch mixing',
};

/** A noisy curve: the smoothed one over the pale original. */
function noisy(name: string, colour: string, points: readonly Point[]): Series[] {
  if (points.length < 30) return [{ name, colour, points }];
  const weight = Math.min(0.98, 1 - 30 / Math.max(points.length, 60));
  return [
    { name, colour, points: thin(points, mostPoints), faint: true },
    { name, colour, points: thin(smooth(points, weight), mostPoints) },
  ];
}

export function tableOf(xName: string, series: readonly Series[]): string[][] {
  const shown = series.filter((s) => !s.faint);
  const xs = [...new Set(shown.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const every = Math.ceil(xs.length / mostRows);
  const kept = xs.filter((_, i) => i % every === 0 || i === xs.length - 1);
  const maps = shown.map((s) => new Map(s.points));
  return [
    [xName, ...shown.map((s) => s.name)],
    ...kept.map((x) => [formatNumber(x, 6), ...maps.map((m) => (m.has(x) ? formatNumber(m.get(x), 4) : ''))]),
  ];
}

function chartOf(
  title: string,
  series: readonly Series[],
  y: Parameters<typeof lineChart>[0]['y'],
  note: string,
): Chart {
  return { title, svg: lineChart({ title, x: { label: 'step' }, y, series }), table: tableOf('step', series), note };
}

export function lossCharts(runs: readonly ReportRun[]): Chart[] {
  const smoothed = 'Bold: debiased exponential moving average. Pale: every logged step.';
  const [only] = runs;
  if (only && runs.length === 1) {
    const parts = Object.entries(lossNames).flatMap(([tag, name], i) =>
      noisy(name, seriesColour(i), scalar(only, tag)),
    );
    const validation = scalar(only, 'val/loss');
    const val: Series = { name: 'validation cross-entropy', colour: seriesColour(5), points: validation, dots: true };
    return [chartOf('Loss', validation.length ? [...parts, val] : parts, { label: 'loss' }, smoothed)];
  }
  const present = tagsOf(runs, 'train/loss');
  return Object.entries(lossNames)
    .filter(([tag]) => present.includes(tag))
    .map(([tag, name]) =>
      chartOf(
        tag === 'train/loss' ? 'Loss' : `Loss: ${name}`,
        runs.flatMap((run, i) => noisy(run.name, seriesColour(i), scalar(run, tag))),
        { label: name },
        smoothed,
      ),
    );
}

export function accuracyChart(runs: readonly ReportRun[]): Chart {
  const several = runs.length > 1;
  const series = runs.flatMap((run, i): Series[] => {
    const of = (what: string) => (several ? `${run.name}: ${what}` : what);
    const colour = (j: number) => seriesColour(several ? i : j);
    const ema = scalar(run, 'val_ema/top1');
    const train = noisy(of('training top-1'), colour(1), scalar(run, 'train/top1')).filter((s) => !s.faint);
    return [
      { name: of('validation top-1'), colour: colour(0), points: scalar(run, 'val/top1'), dots: true },
      ...(ema.length ? [{ name: of('EMA top-1'), colour: colour(2), points: ema, dots: true, dash: '6 3' }] : []),
      ...(several ? [] : train),
    ];
  });
  const note = several
    ? ''
    : 'Training top-1 is smoothed, and taken on the images as trained: mixed ones where patch mixing is on.';
  return chartOf('Accuracy', series, { label: 'top-1, %', bounds: [0, 100] }, note);
}

export function machineCharts(runs: readonly ReportRun[]): Chart[] {
  const overlay = (title: string, tag: string, label: string) =>
    chartOf(
      title,
      runs.flatMap((run, i) => {
        const points = scalar(run, tag);
        return tag === 'optim/lr'
          ? [{ name: run.name, colour: seriesColour(i), points: thin(points, mostPoints) }]
          : noisy(run.name, seriesColour(i), points);
      }),
      { label, bounds: [0, Number.POSITIVE_INFINITY] },
      '',
    );
  return [
    overlay('Learning rate', 'optim/lr', 'learning rate'),
    overlay('Throughput', 'perf/images_per_s', 'images/s'),
  ];
}

/** For each metric and tap: the layers at the last probe, and as they were at step 0. */
export function layerCharts(runs: readonly ReportRun[]): Chart[] {
  const order: readonly ProbeMetric[] = ['cos_abs', 'cos', 'hfc'];
  return order.flatMap((metric) => taps.flatMap((tap) => layerChart(runs, metric, tap)));
}

function layerChart(runs: readonly ReportRun[], metric: ProbeMetric, tap: Tap): Chart[] {
  const entry = metricCatalogue[metric];
  const linesOf = (run: ReportRun) => run.layers.filter((l) => l.tap === tap && l.metrics[metric]);
  const [only] = runs;
  const series =
    runs.length === 1 && only
      ? overSteps(linesOf(only), metric)
      : runs.flatMap((run, i) => firstAndLast(run.name, seriesColour(i), linesOf(run), metric));
  if (series.length === 0) return [];
  const title = `${metric === 'hfc' ? 'Energy outside the mean token' : 'Similarity'} over layers: ${metric}, tap ${tap}`;
  const svg = lineChart({
    title,
    x: { label: 'layer', whole: true },
    y: { label: metric, bounds: entry.range },
    series,
    levels: floors(
      runs.map((r) => r.run.recipe.model.embed_dim),
      metric,
    ),
  });
  const note = `${entry.title}; tap ${tap}: ${tapWords[tap]}. Mean over the probe images, patches only.`;
  return [{ title, svg, table: tableOf('layer', series), note }];
}

const layerPoints = (line: LayersLine, metric: ProbeMetric): Point[] =>
  decodeList(line.metrics[metric] ?? []).map((value, layer): Point => [layer, value]);
const initialisation = 'step 0 (initialisation)';

/** One run: some of its probes, in the colours of their order. */
function overSteps(lines: readonly LayersLine[], metric: ProbeMetric): Series[] {
  const most = 6;
  const last = lines.length - 1;
  const shown = [...new Set(Array.from({ length: most }, (_, i) => Math.round((i * last) / (most - 1))))];
  return shown.flatMap((index, i): Series[] => {
    const line = lines[index];
    if (!line) return [];
    const colour = viridis(0.3 + (0.5 * i) / Math.max(shown.length - 1, 1));
    const start = line.step === 0;
    const name = start ? initialisation : `step ${line.step}`;
    return [
      { name, colour, points: layerPoints(line, metric), dots: index === last, ...(start ? { dash: '5 4' } : {}) },
    ];
  });
}

/** One of several runs: its last probe, and how it began. */
function firstAndLast(name: string, colour: string, lines: readonly LayersLine[], metric: ProbeMetric): Series[] {
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return [];
  const end: Series = { name: `${name}, step ${last.step}`, colour, points: layerPoints(last, metric), dots: true };
  if (first.step !== 0 || last.step === 0) return [end];
  return [end, { name: `${name}, ${initialisation}`, colour, points: layerPoints(first, metric), dash: '5 4' }];
}

/** One level per width among the models. */
export function floors(all: readonly number[], metric: ProbeMetric): Level[] {
  const { floor } = metricCatalogue[metric];
  if (!floor || metric !== 'cos_abs') return [];
  const widths = [...new Set(all)];
  return widths.map((width) => ({
    y: floor(width),
    text: `random tokens, width ${width}: ${formatNumber(floor(width))}`,
  }));
}

export function heatmaps(runs: readonly ReportRun[]): Chart[] {
  return runs.flatMap((run) => taps.flatMap((tap) => similarityHeatmap(run, tap, runs.length > 1)));
}

function similarityHeatmap(run: ReportRun, tap: Tap, named: boolean): Chart[] {
  const metric = run.layers.some((l) => l.metrics.cos_abs) ? 'cos_abs' : 'cos';
  const lines = run.layers.filter((l) => l.tap === tap && l.metrics[metric]);
  if (lines.length < 2) return [];
  const columns = lines.map((l) => decodeList(l.metrics[metric] ?? []));
  const title = `Similarity heatmap: ${metric}, tap ${tap}${named ? `, ${run.name}` : ''}`;
  const svg = heatmap({
    title,
    x: { label: 'step', values: lines.map((l) => l.step) },
    y: { label: 'layer' },
    columns,
    range: metric === 'cos_abs' ? [0, 1] : [-1, 1],
    valueLabel: metric,
  });
  const every = Math.ceil(lines.length / mostRows);
  const table = [
    ['step', ...(columns[0] ?? []).map((_, layer) => `layer ${layer}`)],
    ...lines
      .map((l, i) => [String(l.step), ...(columns[i] ?? []).map((v) => formatNumber(v, 4))])
      .filter((_, i) => i % every === 0 || i === lines.length - 1),
  ];
  return [{ title, svg, table, note: `One column per probe, one row per layer; tap ${tap}.` }];
}
