// Tensor names as wrappers leave them: a prefix that every name has is dropped and said. Knows nothing of models.
import { shown } from './file-bytes.ts';

/** DataParallel, torch.compile, and Lightning's or a wrapper's attribute. */
const wrappers = ['module.', '_orig_mod.', 'model.'];

export interface Unwrapped<T> {
  tensors: Map<string, T>;
  notes: string[];
}

/** The tensors under the names without wrappers' prefixes; a prefix that only some names have stays. */
export function withoutPrefixes<T>(tensors: ReadonlyMap<string, T>): Unwrapped<T> {
  const names = [...tensors.keys()];
  let dropped = '';
  for (;;) {
    const next = wrappers.find((w) => names.every((n) => n.startsWith(dropped + w) && n.length > (dropped + w).length));
    if (names.length === 0 || next === undefined) break;
    dropped += next;
  }
  return {
    tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(dropped.length), tensor])),
    notes: dropped === '' ? [] : [`dropped the prefix "${dropped}" of every name`],
  };
}

/** A few of the names, and how many more. */
export function some(names: readonly string[], at = 4): string {
  const more = names.length - at;
  return names.slice(0, at).map(shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
