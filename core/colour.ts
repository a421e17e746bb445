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

/** Viridis at t in 0 … 1, as #rrggbb. */
export function viridis(t: number): string {
  const at = Math.min(Math.max(t, 0), 1) * (viridisStops.length - 1);
  const from = Math.min(Math.floor(at), viridisStops.length - 2);
  const [a, b] = [viridisStops[from], viridisStops[from + 1]];
  const hex = [0, 1, 2].map((c) => {
    const value = Math.round((a?.[c] ?? 0) + (at - from) * ((b?.[c] ?? 0) - (a?.[c] ?? 0)));
    return value.toString(16).padStart(2, '0');
  });
  return `#${hex.join('')}`;
}
