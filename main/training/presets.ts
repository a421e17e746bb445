// The recipes that ship with the program, with what their opening comments say of them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Preset } from '../../contract/app/training.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { readRecipe } from './recipe-file.ts';

/** Sorted by file name. Throws FILE_IO, RECIPE_INVALID. */
export function readPresets(folder: string): Preset[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  } catch (e) {
    throw UnsmoothError.from(e);
  }
  return names.sort().map((name) => readPreset(path.join(folder, name)));
}

export function readPreset(file: string): Preset {
  const recipe = readRecipe(file);
  const text = readFileSync(file, 'utf8');
  const comment = /^(?:#.*\n)*/.exec(text)?.[0] ?? '';
  const about = comment.replace(/^# ?/gm, '').trim();
  const title = about.split(/[.:]\s|\n/)[0]?.trim();
  const [source, result] = [said(about, 'Source'), said(about, 'Result')];
  return { id: path.basename(file, '.yaml'), title: title || recipe.name, about, source, result, recipe, text };
}

/** What stands after `Word:`, to the next such word, command or end. */
function said(about: string, word: string): string {
  const found = new RegExp(`^${word}: (.*(?:\\n(?![A-Z][a-z]+: |  ).+)*)`, 'm').exec(about);
  return found?.[1]?.replace(/\s+/g, ' ') ?? '';
}
