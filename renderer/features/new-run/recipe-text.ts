// A recipe as YAML text: what it says, where each field stands, and one field changed without touching the rest.
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, type Pair, parseDocument, stringify } from 'yaml';
import { UnsmoothError } from '../../../contract/errors.ts';
import { parseRecipe, type Recipe } from '../../../contract/recipe.ts';

export interface TextProblem {
  /** Dotted path of a field; empty where the text as a whole is meant. */
  where: string;
  message: string;
  /** From 1; null where the text does not have the field. */
  line: number | null;
}
export type Tree = Readonly<Record<string, unknown>>;
export interface ReadRecipe {
  /** What stands in the text, without defaults; null where it cannot be read. */
  tree: Tree | null;
  /** Filled up; null where there are problems. */
  recipe: Recipe | null;
  problems: TextProblem[];
}

/** As the services read it from a file: plain data, no tags. */
export function readRecipeText(text: string): ReadRecipe {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const unreadable = (message: string, line: number | null): ReadRecipe => ({
    tree: null,
    recipe: null,
    problems: [{ where: '', message, line }],
  });
  const refused = document.errors[0] ?? document.warnings[0];
  if (refused) return unreadable(refused.message.split('\n')[0] ?? '', lines.linePos(refused.pos[0]).line);
  let found: unknown;
  try {
    found = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (e) {
    return unreadable(e instanceof Error ? e.message : String(e), null);
  }
  if (!isTree(found)) return unreadable('expected fields like "train: {epochs: 3}"', 1);
  try {
    return { tree: found, recipe: parseRecipe(found), problems: [] };
  } catch (e) {
    const problems = UnsmoothError.from(e).problems;
    return { tree: found, recipe: null, problems: placed(document, lines, problems) };
  }
}

/** The same problems with the lines at which their fields stand in the text, from top to bottom. */
export function withLines(text: string, problems: readonly { where: string; message: string }[]): TextProblem[] {
  const lines = new LineCounter();
  return placed(parseDocument(text, { lineCounter: lines }), lines, problems);
}

function placed(
  document: Document,
  lines: LineCounter,
  problems: readonly { where: string; message: string }[],
): TextProblem[] {
  return problems
    .map(({ where, message }): TextProblem => {
      const offset = offsetOf(document, where.split('.'));
      return { where, message, line: offset === null ? null : lines.linePos(offset).line };
    })
    .sort((a, b) => (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY) || 0);
}

/** Where the key of a field stands, else that of the section it would stand in. */
function offsetOf(document: Document, path: readonly string[]): number | null {
  let node: unknown = document.contents;
  let offset: number | null = null;
  for (const key of path) {
    const pair = pairOf(node, key);
    if (!pair) break;
    offset = isNode(pair.key) && pair.key.range ? pair.key.range[0] : offset;
    node = pair.value;
  }
  return offset;
}
const pairOf = (node: unknown, key: string): Pair | undefined =>
  isMap(node)
    ? node.items.find((item) => isPair(item) && (isScalar(item.key) ? String(item.key.value) : item.key) === key)
    : undefined;

const isTree = (x: unknown): x is Tree => typeof x === 'object' && x !== null && !Array.isArray(x);

/** What the text says of a field; undefined where it says nothing. */
export function valueAt(tree: Tree | null, path: string): unknown {
  let here: unknown = tree;
  for (const key of path.split('.')) here = isTree(here) && Object.hasOwn(here, key) ? here[key] : undefined;
  return here;
}

/**
 * Sets a field, or with `undefined` takes it out, so that its default counts. Comments, order and the way the rest is written
 * stay: a value that stands there is replaced in place. The text must be readable.
 */
export function withField(text: string, path: string, value: unknown): string {
  const document = parseDocument(text);
  const keys = path.split('.');
  if (value === undefined) return without(document, keys) ? printed(document) : text;
  const node: unknown = document.getIn(keys, true);
  if (isNode(node) && node.range && node.range[1] > node.range[0] && !node.anchor && !node.tag)
    return text.slice(0, node.range[0]) + inline(value) + text.slice(trimmedEnd(text, node.range[0], node.range[1]));
  if (isScalar(node) && !Array.isArray(value)) {
    node.value = value; // its anchor stays for those that point to it
    return printed(document);
  }
  const section = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : document.contents;
  if (keys.length > 1 && !isMap(section)) document.setIn(keys.slice(0, -1), document.createNode({}));
  document.setIn(keys, flow(document, value));
  return printed(document);
}

/** A block's range runs on to the next key. */
const trimmedEnd = (text: string, from: number, to: number) => from + text.slice(from, to).trimEnd().length;

function without(document: Document, keys: readonly string[]): boolean {
  if (!document.hasIn(keys)) return false;
  document.deleteIn(keys);
  const section = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : undefined;
  if (isMap(section) && section.items.length === 0) document.deleteIn(keys.slice(0, -1));
  return true;
}

function flow(document: Document, value: unknown) {
  return document.createNode(value, { flow: true });
}
const printed = (document: Document) => {
  const text = document.toString({ lineWidth: 0 });
  return text === '{}\n' ? '' : text;
};

/** A value on one line, safe within flow collections too. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'string') return stringify(value).trim();
  const plain = stringify(value, { lineWidth: 0 }).trim();
  return plain === value && /^[\w./][\w./ -]*$/.test(value) ? value : JSON.stringify(value);
}
