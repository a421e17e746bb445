// Which runs are chosen, and how a click, a range and a key change that. Pure; ids in the order of the table.

export interface Choice {
  readonly ids: ReadonlySet<string>;
  /** Where a range starts. */
  readonly anchor: string | null;
}
export const nothing: Choice = { ids: new Set(), anchor: null };

export function toggled({ ids }: Choice, id: string): Choice {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** From the anchor to `id`, beside what is chosen already. */
export function ranged(choice: Choice, id: string, order: readonly string[]): Choice {
  const from = choice.anchor === null ? -1 : order.indexOf(choice.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return { ids: new Set([...choice.ids, id]), anchor: id };
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...choice.ids, ...range]), anchor: choice.anchor };
}

/** All, or none where all are chosen already. */
export function allOrNone(choice: Choice, order: readonly string[]): Choice {
  const all = order.length > 0 && order.every((id) => choice.ids.has(id));
  return all ? nothing : { ids: new Set(order), anchor: order[0] ?? null };
}

/** Without what is not there any more. */
export function kept(choice: Choice, there: ReadonlySet<string>): Choice {
  const ids = new Set([...choice.ids].filter((id) => there.has(id)));
  return ids.size === choice.ids.size ? choice : { ids, anchor: choice.anchor };
}
