// Curves of several runs in one chart: one tag over the runs, one probe of each over the layers. Pure.
import type { Curves, LayerProbe } from '../../../contract/app/series.ts';
import { decodeNumber } from '../../../contract/numbers.ts';
import { randomLevel, tagCatalogue } from '../../../core/catalogue.ts';
import { formatNumber } from '../../../core/format.ts';
import { type ChartLevel, type ChartSeries, curveSeries, type XAxis } from '../../charts/series.ts';
import { conditions } from '../checkpoints/diagnosis.ts';
import { fieldOf, type LayerChoice } from '../run/layer-choice.ts';
import { probeAt, type Scrubbed } from '../run/scrub.ts';
import type { CheckpointItem, Item } from './items.ts';
import { resultRow } from './results.ts';

/** What of a tag's chart is known beforehand. */
export function tagChart(tag: string) {
  const { unit, noisy } = tagCatalogue[tag] ?? { unit: tag, noisy: true };
  const bounds: readonly [number, number] | undefined = unit === 'accuracy, %' ? [0, 100] : undefined;
  return { label: unit === 'loss' ? tag : unit, noisy, logarithmic: !bounds, ...(bounds ? { bounds } : {}) };
}

/** Every tag that can be asked for: the known ones and those that came. */
export const tagsOf = (all: readonly Readonly<Curves>[]): string[] => [
  ...new Set([...Object.keys(tagCatalogue), ...all.flatMap((curves) => Object.keys(curves))]),
];

/** Points are marked while there are so few that a line alone would hide where they are. */
const few = 60;

export function overlaid(
  items: readonly Item[],
  tag: string,
  axis: XAxis,
  curvesOf: (run: string) => Readonly<Curves> | undefined,
): ChartSeries[] {
  return items.flatMap((item) => {
    const curve = item.kind === 'run' ? curvesOf(item.run)?.[tag] : undefined;
    if (!curve) return [];
    const { key: id, name, colour, dash } = item;
    return [curveSeries(curve, axis, { id, name, colour, dash, dots: curve.step.length <= few }, tagChart(tag).noisy)];
  });
}

export interface LayerCurve {
  series: ChartSeries;
  /** Where its values were taken, in words. */
  taken: string;
}

/** Runs at the probe nearest to `scrubbed`, else their last; checkpoints as diagnosed, else at their run's probe nearest to their step. */
export function layerCurves(
  items: readonly Item[],
  choice: LayerChoice,
  scrubbed: Scrubbed,
  probesOf: (run: string) => readonly LayerProbe[] | undefined,
): LayerCurve[] {
  return items.flatMap((item) => {
    const found =
      (item.kind === 'checkpoint' ? diagnosed(item, choice) : null) ??
      probed(probesOf(item.run) ?? [], choice, item.kind === 'run' ? scrubbed : (item.checkpoint?.step ?? null));
    if (!found) return [];
    const layer = Float64Array.from(found.values.keys());
    const { key: id, name, colour, dash } = item;
    const y = Float64Array.from(found.values);
    const series: ChartSeries = { id, name, colour, dash, x: layer, y, along: null, where: { layer }, dots: true };
    return [{ series, taken: found.taken }];
  });
}

function diagnosed({ checkpoint }: CheckpointItem, { metric, tap }: LayerChoice) {
  const found = checkpoint?.results.diagnoses.find((d) => d.tap === tap && d.metrics[metric]);
  const values = found?.metrics[metric]?.map(decodeNumber);
  return found && values ? { values, taken: `diagnosed on ${conditions(found)}` } : null;
}

function probed(probes: readonly LayerProbe[], choice: LayerChoice, at: Scrubbed) {
  const field = fieldOf(probes, choice);
  const i = probeAt(field.steps, at);
  const values = field.columns[i];
  const step = field.steps[i];
  if (!values || step === undefined) return null;
  return { values, taken: `its run's probe at step ${step.toLocaleString('en-US')}` };
}

/** One point each: accuracy over the last layer's similarity; those that lack one of the two are left out. */
export function accuracyPoints(items: readonly Item[]): ChartSeries[] {
  return items.flatMap((item) => {
    const { top1, similarity } = resultRow(item).values;
    if (top1 === null || similarity === null || !Number.isFinite(top1 + similarity)) return [];
    const { key: id, name, colour, dash } = item;
    const x = Float64Array.of(similarity);
    const where = { similarity: x };
    return [{ id, name, colour, dash, x, y: Float64Array.of(top1), along: null, where, dots: true }];
  });
}

/** Levels of random tokens, each once. */
export function floorsOf(items: readonly Item[], { metric }: LayerChoice): ChartLevel[] {
  const levels = new Map<string, ChartLevel>();
  for (const { recipe } of items) {
    const level = recipe && randomLevel(metric, recipe);
    if (level) levels.set(level.text, { y: level.value, text: `${level.text}: ${formatNumber(level.value)}` });
  }
  const all = [...levels.values()];
  const [first] = all;
  return first && all.every((l) => l.y === first.y)
    ? [{ y: first.y, text: `random tokens: ${formatNumber(first.y)}` }]
    : all;
}

/** All steps at which any of the runs was probed, in rising order. */
export function probeSteps(
  items: readonly Item[],
  choice: LayerChoice,
  probesOf: (run: string) => readonly LayerProbe[] | undefined,
): number[] {
  const steps = new Set<number>();
  for (const item of items)
    if (item.kind === 'run') for (const step of fieldOf(probesOf(item.run) ?? [], choice).steps) steps.add(step);
  return [...steps].sort((a, b) => a - b);
}
