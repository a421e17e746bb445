// Classes of a folder of class folders: their order and their names. Order is that of the folders' bytes, as torchvision's ImageFolder has it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './findings.ts';
import { listed, shown } from './names.ts';

export interface Classes {
  names: string[];
  /** Stamped with the index: the names depend on them. */
  readFrom: string[];
  /** -1: no such class. */
  indexOf(key: Buffer): number;
}

/** Files that say what a folder's short name means: `key<tab>words` (Tiny ImageNet) or `key words` (ImageNet). */
const dictionaries = [
  { file: 'words.txt', separator: '\t' },
  { file: 'LOC_synset_mapping.txt', separator: ' ' },
] as const;

export function classesOf(root: string, keys: Iterable<Buffer>, findings: Findings): Classes {
  const unique = [...new Set([...keys].map((k) => k.toString('latin1')))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const places = new Map(unique.map((key, i) => [key, i]));
  const dictionary = dictionaries.find(({ file }) => existsSync(join(root, file)));
  const words = dictionary ? wordsOf(join(root, dictionary.file), dictionary.separator, places) : undefined;
  if (dictionary && words)
    findings.note(`class names are those of ${dictionary.file}, for ${words.size} of ${unique.length} classes`);
  const folders = unique.map((key) => shown(Buffer.from(key, 'latin1')));
  for (const [a, b] of twins(folders))
    findings.problem(root, `classes ${a} and ${b} differ only in case: are they one?`);
  return {
    names: folders.map((name, i) => words?.get(i) ?? name),
    readFrom: dictionary ? [dictionary.file] : [],
    indexOf: (key) => places.get(key.toString('latin1')) ?? -1,
  };
}

function wordsOf(file: string, separator: string, places: ReadonlyMap<string, number>): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const at = line.indexOf(separator);
    const place = at > 0 ? places.get(line.slice(0, at)) : undefined;
    const words = line.slice(at + 1).trim();
    if (place !== undefined && words) found.set(place, words);
  }
  return found;
}

/** Pairs of names that differ only in case. */
function twins(names: readonly string[]): [string, string][] {
  const seen = new Map<string, string>();
  return names.flatMap((name): [string, string][] => {
    const lower = name.toLowerCase();
    const other = seen.get(lower);
    seen.set(lower, name);
    return other === undefined ? [] : [[other, name]];
  });
}

/** One problem for folders of a class that hold no image: `where` names the folder. */
export function emptyClass(findings: Findings, where: string, others: readonly string[]): void {
  const seen = others.length > 0 ? `; it holds ${listed(others, 3)}` : '';
  findings.problem(where, `a class folder without an image${seen}`);
}
