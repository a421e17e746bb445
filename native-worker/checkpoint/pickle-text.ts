// A pickle's values as text for a file's metadata: JSON, cut where it grows long or deep. Knows nothing of what they mean.
import { shown } from './file-bytes.ts';
import {
  dictOf,
  type PickleValue,
  PyDict,
  PyGlobal,
  type PyList,
  PyMade,
  PyOpaque,
  type PySet,
  PyTuple,
} from './pickle-values.ts';

const depthCap = 6;
const itemCap = 1000;
const textCap = 2000;

/** Text as it is, anything else as JSON; `…` stands for what was cut. */
export function textOf(value: PickleValue): string {
  const data = plain(value, 0, { items: itemCap });
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** Data that JSON can write. At most `left.items` values are looked at, however often the pickle repeats itself. */
function plain(value: PickleValue, depth: number, left: { items: number }): unknown {
  if (left.items-- <= 0) return '…';
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > textCap ? `${value.slice(0, textCap)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (value instanceof PyGlobal) return `<${shown(value.name)}>`;
  if (value instanceof PyMade) return `<${value.constructor.name}>`;
  if (depth >= depthCap) return '…';
  if (value instanceof PyOpaque && value.name.startsWith('pathlib.') && value.args instanceof PyTuple)
    return value.args.items
      .filter((part) => typeof part === 'string')
      .join('/')
      .replace(/^\/\//, '/')
      .slice(0, textCap);
  if (value instanceof PyOpaque && value.name === 'torch.device' && value.args instanceof PyTuple)
    return value.args.items.filter((part) => typeof part === 'string' || typeof part === 'number').join(':');
  const entries = namespaceOf(value) ?? dictOf(value);
  if (entries instanceof PyDict) {
    const pairs: [string, unknown][] = [];
    for (const [key, item] of entries.entries) {
      if (left.items <= 0) {
        pairs.push(['…', '…']);
        break;
      }
      pairs.push([keyText(key), plain(item, depth + 1, left)]);
    }
    return Object.fromEntries(pairs);
  }
  if (value instanceof PyOpaque)
    return value.name.endsWith('multiarray._reconstruct') ? '<numpy array>' : `<${shown(value.name)}>`;
  if (value instanceof PyDict) return {};
  const items: unknown[] = [];
  for (const item of (value satisfies PyList | PyTuple | PySet).items) {
    if (left.items <= 0) {
      items.push('…');
      break;
    }
    items.push(plain(item, depth + 1, left));
  }
  return items;
}

/** The attributes of an argparse.Namespace or types.SimpleNamespace. */
function namespaceOf(value: PickleValue): PyDict | undefined {
  const known = value instanceof PyOpaque && ['argparse.Namespace', 'types.SimpleNamespace'].includes(value.name);
  return known && value.state instanceof PyDict ? value.state : undefined;
}

/** A dict's key in words. */
export function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key.slice(0, textCap);
  return typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean' ? String(key) : '<key>';
}
