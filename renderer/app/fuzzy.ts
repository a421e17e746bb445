// Finding a command or a run by a few of its letters.

/**
 * How well `query` fits `text`: 0 where it does not, higher is better. Its letters must occur in order; whole words, beginnings
 * of words and neighbours count more, and a short text more than a long one.
 */
export function fitness(query: string, text: string): number {
  const q = query.trim().toLowerCase();
  const t = text.toLowerCase();
  if (q === '') return 1;
  const at = t.indexOf(q);
  if (at >= 0) return 1000 - at + (at === 0 || isStart(t, at) ? 500 : 0) + 100 / (1 + t.length);
  let score = 0;
  let from = 0;
  let before = -2;
  for (const letter of q.replaceAll(' ', '')) {
    const found = t.indexOf(letter, from);
    if (found < 0) return 0;
    score += found === before + 1 ? 8 : isStart(t, found) ? 6 : 1;
    before = found;
    from = found + 1;
  }
  return score + 10 / (1 + t.length);
}

const isStart = (text: string, at: number): boolean => at === 0 || /[\s\-_./]/.test(text[at - 1] ?? '');

/** Those that fit, best first; of equals the earlier first. */
export function ranked<T>(query: string, items: readonly T[], textOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, score: fitness(query, textOf(item)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}
