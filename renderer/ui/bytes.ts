// Sizes as people read them: decimal units, as disks and downloads are sold.
const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 7 300 088 → "7.3 MB"; bytes alone stay whole. */
export function formatBytes(bytes: number): string {
  const rank = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** rank;
  if (rank === 0) return `${Math.round(value)} B`;
  if (Number(value.toPrecision(3)) >= 1000 && rank < units.length - 1) return `1.0 ${units[rank + 1]}`;
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[rank]}`;
}
