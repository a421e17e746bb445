// Colours that people with any colour vision can tell apart: Okabe-Ito for named series, viridis for ordered values.

/** Okabe & Ito 2008, without black and yellow, which vanish on a dark or a light ground. */
export const seriesColours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

export const seriesColour = (i: number): string => seriesColours[i % seriesColours.length] ?? seriesColours[0];

/** Matplotlib's viridis at every eighth of its way. */
const viridisStops = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

/** Brewer's RdBu turned round: blue below, near white in the middle, red above; safe for red-green blindness. */
const divergingStops = [
  [33, 102, 172],
  [103, 169, 207],
  [209, 229, 240],
  [247, 247, 247],
  [253, 219, 199],
  [239, 138, 98],
  [178, 24, 43],
] as const;

type Stops = readonly (readonly [number, number, number])[];

/** Viridis at t in 0 … 1, as #rrggbb. */
export const viridis = (t: number): string => between(viridisStops, t);

/** For differences: t = 0.5 is no difference. As #rrggbb. */
export const diverging = (t: number): string => between(divergingStops, t);

function between(stops: Stops, t: number): string {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const from = Math.min(Math.floor(at), stops.length - 2);
  const [a, b] = [stops[from], stops[from + 1]];
  const hex = [0, 1, 2].map((c) => {
    const value = Math.round((a?.[c] ?? 0) + (at - from) * ((b?.[c] ?? 0) - (a?.[c] ?? 0)));
    return value.toString(16).padStart(2, '0');
  });
  return `#${hex.join('')}`;
}
