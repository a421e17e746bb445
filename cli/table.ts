// Plain tables for a terminal: columns aligned, numbers to the right.

const numeric = /^[-+]?[\d.,]+(e[-+]?\d+)?( ?(%|ms|s|x))?$|^-$/i;

/** Rows of cells under `head`; a column of numbers is aligned to the right. No trailing blanks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, c) => ({
    width: Math.max(title.length, ...rows.map((r) => (r[c] ?? '').length)),
    right: rows.length > 0 && rows.every((r) => numeric.test(r[c] ?? '-')),
  }));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ width, right }, c) => (right ? (cells[c] ?? '').padStart(width) : (cells[c] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

/** name: value lines, values in one column. */
export function pairs(items: readonly (readonly [string, string])[]): string {
  const width = Math.max(...items.map(([name]) => name.length));
  return items.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
