// Large counts as people say them: 612 k parameters, 3.14 G (floating-point operations).
const steps = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** Three digits and a decimal prefix; ends with the prefix, so that a unit can follow: `3.14 G` + `FLOP`. */
export function formatCount(n: number): string {
  if (!Number.isFinite(n)) return String(n);
  let rank = 0;
  let value = n;
  while (Number(Math.abs(value).toPrecision(3)) >= 1000 && rank < steps.length - 1) {
    value /= 1000;
    rank += 1;
  }
  return rank === 0 ? `${Math.round(value)} ` : `${value.toPrecision(3)} ${steps[rank]}`;
}
