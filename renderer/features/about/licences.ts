// The licences of what ships, found by words.
import type { Licence } from '../../../contract/app/app.ts';

/** Every word must occur in the name or the licence's name. */
export function findLicences(all: readonly Licence[], search: string): Licence[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((l) => {
    const text = `${l.name} ${l.licence}`.toLowerCase();
    return words.every((w) => text.includes(w));
  });
}

/** "MIT 120, Apache-2.0 12": how many each licence covers, most first. */
export function licenceCounts(all: readonly Licence[]): string {
  const counts = new Map<string, number>();
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([licence, n]) => `${licence} ${n}`)
    .join(', ');
}
