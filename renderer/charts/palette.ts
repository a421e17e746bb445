// Colours of curves and of what stands around them, by theme. Okabe-Ito throughout; on each ground those that stand out come first.

const okabeIto = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#1b1f24', '#7b838c'],
  dark: ['#56b4e9', '#e69f00', '#00b386', '#cc79a7', '#f0e442', '#e8702a', '#e6e8eb', '#8b949e'],
} as const;

/** How many curves have a colour of their own; the next ones get the same colours and another dash. */
export const coloursInAll = okabeIto.light.length;
const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 3]];

/** Colour and stroke pattern of the i-th curve of a chart. */
export function lookOf(i: number, dark: boolean): { colour: string; dash: readonly number[] } {
  const colours = dark ? okabeIto.dark : okabeIto.light;
  return {
    colour: colours[i % coloursInAll] ?? colours[0],
    dash: dashes[Math.floor(i / coloursInAll) % dashes.length] ?? [],
  };
}

/** What is drawn around the curves. */
export interface Inks {
  text: string;
  faint: string;
  grid: string;
  ground: string;
  /** Of what a curve is compared with, such as the state at initialisation. */
  reference: string;
}
export const inksOf = (dark: boolean): Inks =>
  dark
    ? { text: '#e6e8eb', faint: '#a9b1ba', grid: '#31363d', ground: '#1c1f23', reference: '#9aa4af' }
    : { text: '#1b1f24', faint: '#57606a', grid: '#e2e5e9', ground: '#ffffff', reference: '#6e7781' };
