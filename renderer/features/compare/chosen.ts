// What is compared, as it stands in the address: ids of runs and files of checkpoints, each encoded, 20 together at most. Pure.
export const mostCompared = 20;

export interface Chosen {
  runs: readonly string[];
  checkpoints: readonly string[];
}

/** `left` counts what the address names beyond the most that is compared. */
export function chosenOf(query: Readonly<Record<string, unknown>>): Chosen & { left: number } {
  const runs = listOf(query.runs);
  const checkpoints = listOf(query.checkpoints);
  const fitting = { runs: runs.slice(0, mostCompared), checkpoints: checkpoints.slice(0, mostCompared - runs.length) };
  if (runs.length >= mostCompared) fitting.checkpoints = [];
  const left = runs.length + checkpoints.length - fitting.runs.length - fitting.checkpoints.length;
  return { ...fitting, left };
}

/** Only what is there: an empty list is no parameter. */
export function queryOf({ runs, checkpoints }: Chosen): Record<string, string> {
  const text = (list: readonly string[]) => list.map(encodeURIComponent).join(',');
  return {
    ...(runs.length > 0 ? { runs: text(runs) } : {}),
    ...(checkpoints.length > 0 ? { checkpoints: text(checkpoints) } : {}),
  };
}

function listOf(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return [...new Set(value.split(',').map(decoded).filter(Boolean))];
}

/** An address typed by hand may hold a lone %. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
