// A recipe from a file, with fields set over it. YAML is read as plain data: no custom tags, no code.
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { isMap, parseDocument, stringify } from 'yaml';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe, type Recipe } from '../../contract/recipe.ts';

/** A recipe is a page of text; this is far above any. */
const mostBytes = 2 ** 20;

/** Reads RECIPE and sets fields (`train.epochs=2`). Throws RECIPE_UNREADABLE with the line, RECIPE_INVALID, USAGE. */
export function readRecipe(file: string, settings: readonly string[] = []): Recipe {
  return recipeOf(readTree(file), settings, path.dirname(path.resolve(file)));
}

/** The fields of a YAML or JSON file as they stand there. Throws RECIPE_UNREADABLE with the line. */
export function readTree(file: string): Tree {
  const found = parseYaml(readText(file), file);
  if (found !== null && (typeof found !== 'object' || Array.isArray(found)))
    throw new UnsmoothError(
      'RECIPE_UNREADABLE',
      `${file}: expected fields like "train: {epochs: 3}", found ${Array.isArray(found) ? 'a list' : `a ${typeof found}`}`,
      'Give a recipe as YAML or JSON.',
    );
  return { ...found };
}

/** Fields become a recipe, `settings` set over them; its paths start from the folder `base`, set ones from where we are. Throws RECIPE_INVALID, USAGE. */
export function recipeOf(fields: Tree, settings: readonly string[], base: string): Recipe {
  const tree = { ...fields };
  for (const setting of settings) set(tree, setting);
  return absolutePaths(parseRecipe(tree), base);
}

/** YAML text of a recipe; read again, it is the same recipe. */
export const recipeText = (recipe: Recipe): string => stringify(recipe);

function readText(file: string): string {
  const refuse = (why: string, cause?: unknown) =>
    new UnsmoothError('RECIPE_UNREADABLE', `${file}: ${why}`, 'Check the path of the recipe.', [], { cause });
  let bytes: Buffer;
  try {
    bytes = readAtMost(file, mostBytes + 1);
  } catch (e) {
    const error = UnsmoothError.from(e);
    const code = e instanceof Error && 'code' in e ? e.code : '';
    if (code === 'ENOENT') throw refuse('there is no such file', e);
    throw refuse(code === 'EISDIR' ? 'it is a folder' : error.message, e);
  }
  if (bytes.length > mostBytes) throw refuse(`expected a recipe of at most ${mostBytes / 2 ** 20} MiB, found more`);
  if (!isUtf8(bytes) || bytes.includes(0)) throw refuse('expected text in UTF-8, found other bytes');
  return bytes.toString('utf8');
}

/** Of a pipe or an endless device too, no more than `most` bytes are taken. */
function readAtMost(file: string, most: number): Buffer {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(most);
    let size = 0;
    for (let read = -1; read !== 0 && size < most; size += read) read = readSync(fd, bytes, size, most - size, null);
    return bytes.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

/** Throws RECIPE_UNREADABLE with file, line and column. */
function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const refused = document.errors[0] ?? document.warnings[0]; // a warning is a tag that means nothing here
  if (refused) {
    const at = refused.linePos?.[0];
    const message = refused.message.split(' at line ')[0]?.split('\n')[0];
    const what = message?.startsWith('Maximum call stack') ? 'nested too deeply' : message;
    throw new UnsmoothError(
      'RECIPE_UNREADABLE',
      `${file}${at ? `, line ${at.line}, column ${at.col}` : ''}: ${what}`,
      'Correct the line and start again.',
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (e) {
    throw new UnsmoothError(
      'RECIPE_UNREADABLE',
      `${file}: ${e instanceof Error ? e.message : e}`,
      'Write the recipe in full.',
      [],
      {
        cause: e,
      },
    );
  }
}

export interface Tree {
  [field: string]: unknown;
}
export const isTree = (x: unknown): x is Tree => typeof x === 'object' && x !== null && !Array.isArray(x);

function set(tree: Tree, setting: string): void {
  const at = setting.indexOf('=');
  const fields = setting.slice(0, Math.max(at, 0)).trim().split('.');
  if (at < 1 || fields.some((f) => !/^[A-Za-z_]\w*$/.test(f) || f.startsWith('__')))
    throw new UnsmoothError(
      'USAGE',
      `--set ${JSON.stringify(setting)} is not of the form field=value`,
      'For example --set train.epochs=2.',
    );
  const last = fields.pop() ?? '';
  let here = tree;
  for (const field of fields) {
    const inner = here[field];
    const copy: Tree = isTree(inner) ? { ...inner } : {};
    here[field] = copy;
    here = copy;
  }
  const value = scalar(setting.slice(at + 1), setting);
  const isPath = pathFields.includes(setting.slice(0, at).trim()) && typeof value === 'string' && value !== 'random';
  here[last] = isPath ? path.resolve(value) : value;
}

const pathFields: readonly string[] = ['data.path', 'model.init'];

function scalar(text: string, setting: string): unknown {
  const document = parseDocument(text);
  const refused = document.errors[0] ?? document.warnings[0];
  if (refused || isMap(document.contents))
    throw new UnsmoothError(
      'USAGE',
      `--set ${JSON.stringify(setting)}: the value is not a plain one`,
      'Give a number, a word, true, false, null or a list like [a, b].',
    );
  return document.toJS({ maxAliasCount: 0 });
}

/** Paths that a recipe has itself start from its folder; made absolute, so that the run can be resumed from anywhere. */
function absolutePaths(recipe: Recipe, base: string): Recipe {
  const { data, model } = recipe;
  return {
    ...recipe,
    data: { ...data, path: data.path === null ? null : path.resolve(base, data.path) },
    model: { ...model, init: model.init === 'random' ? model.init : path.resolve(base, model.init) },
  };
}
