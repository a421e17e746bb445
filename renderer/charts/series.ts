// A curve as a chart takes it: arrays as they came, with a name and a look. Knows no chart library.
import type { Curve } from '../../contract/app/series.ts';
import type { Settings } from '../../contract/saved/settings.ts';

export type XAxis = Settings['x_axis'];

export interface ChartSeries {
  /** Of curves that are one thing in several charts, the same: hidden in one, hidden in all. */
  id: string;
  name: string;
  colour: string;
  dash?: readonly number[];
  /** In rising order; of the same length as y. */
  x: Float64Array;
  y: Float64Array;
  /** What smoothing measures distance by, whatever x is; null: never smoothed. */
  along: Float64Array | null;
  /** Where y was taken, for files: columns beside x. */
  where?: Readonly<Record<string, Float64Array>>;
  /** Marks at the points. */
  dots?: boolean;
  /** Something to compare with: thinner, behind the others. */
  reference?: boolean;
  /** Spread around y, drawn as a pale band. */
  band?: { low: Float64Array; high: Float64Array };
}

/** A level that the curves are read against, such as a random floor. */
export interface ChartLevel {
  y: number;
  text: string;
}

export const axisTitles: Readonly<Record<XAxis, string>> = { step: 'step', epoch: 'epoch', time: 'training time' };

export const xOf = (curve: Curve, axis: XAxis): Float64Array =>
  axis === 'step' ? curve.step : axis === 'epoch' ? curve.epoch : curve.wall;

type Look = Pick<ChartSeries, 'id' | 'name' | 'colour' | 'dash' | 'dots'>;

/** A tag's curve over the chosen axis. `noisy`: one value a step, which smoothing is for. */
export function curveSeries(curve: Curve, axis: XAxis, look: Look, noisy: boolean): ChartSeries {
  const { step, epoch, wall: time_s } = curve;
  return { ...look, x: xOf(curve, axis), y: curve.value, along: noisy ? step : null, where: { step, epoch, time_s } };
}
