// From the numbers that files have as labels to classes 0 … n-1. -1 stays: no label.

export interface LabelMap {
  classes: number;
  /** The label in the files of each class; null where they are the same. */
  from: readonly number[] | null;
  /** -1 … classes-1; undefined for a label outside those the map was made of. */
  of(label: number): number | undefined;
  /** One sentence, where anything is mapped. */
  note: string | null;
}

/** Counting from 0, with gaps: they stay classes without images. From another number: shifted. Few and far between: numbered in order. */
export function labelMap(labels: Iterable<number>): LabelMap {
  const distinct = [...new Set(labels)].filter((y) => y >= 0).sort((a, b) => a - b);
  const first = distinct[0] ?? 0;
  const last = distinct.at(-1) ?? -1;
  const span = last - first + 1;
  if (span > 2 * distinct.length + 10) {
    const places = new Map(distinct.map((y, i) => [y, i]));
    const note = `labels are ${distinct.length} numbers from ${first} to ${last}: numbered in their order from 0`;
    return mapped(distinct, (y) => places.get(y), note);
  }
  if (first === 0)
    return { classes: last + 1, from: null, of: (y) => (y >= -1 && y <= last ? y : undefined), note: null };
  const note = `labels run from ${first} to ${last}: class 0 is label ${first}`;
  const from = Array.from({ length: span }, (_, i) => first + i);
  return mapped(from, (y) => (y >= first && y <= last ? y - first : undefined), note);
}

function mapped(from: readonly number[], place: (label: number) => number | undefined, note: string): LabelMap {
  return { classes: from.length, from, of: (y) => (y === -1 ? -1 : place(y)), note };
}
