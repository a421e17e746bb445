// Numbers and durations as people read them: the same in a terminal, a chart and a report.

/** Made once for each number of decimals: making one takes longer than using it a hundred times. */
const withSeparators = new Map<number, Intl.NumberFormat>();

/** Thousands with separators, and so many decimals. */
export function formatFixed(x: number, decimals: number): string {
  let format = withSeparators.get(decimals);
  if (!format) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat('en-US', digits);
    withSeparators.set(decimals, format);
  }
  return format.format(x);
}

/** From here on a number in full has more digits than it is exact to, or than anybody reads. */
const huge = 1e12;

/** Three significant digits; whole numbers and thousands in full with separators; `-` for nothing. */
export function formatNumber(x: number | null | undefined, digits = 3): string {
  if (x === null || x === undefined) return '-';
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1000) return String(x);
  if (size >= huge) return x.toExponential(digits - 1);
  if (size >= 1000) return formatFixed(Math.round(x), 0);
  if (size !== 0 && size < 1e-3) return x.toExponential(digits - 1);
  return x.toPrecision(digits);
}

/** Percentages in the field are accuracies: two decimals. */
export function formatPercent(x: number | null | undefined): string {
  if (x === null || x === undefined) return '-';
  return Number.isFinite(x) ? `${x.toFixed(2)} %` : formatNumber(x);
}

/** 4.2 s, 3 min 05 s, 2 h 07 min, 3 d 04 h. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '-';
  if (seconds < 60) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const s = Math.round(seconds);
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  const m = Math.round(seconds / 60);
  if (m < 24 * 60) return `${Math.floor(m / 60)} h ${two(m % 60)} min`;
  const h = Math.round(seconds / 3600);
  return `${Math.floor(h / 24)} d ${two(h % 24)} h`;
}

/** A message as a sentence of its own: with a capital, and a full stop where it ends without a mark. */
export const sentence = (text: string): string =>
  text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?:…]$/.test(text) ? '' : '.'}`;
