// The documentation against the tree and the program: links resolve, what is named exists, what is generated is up to date.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { allFields, parseRecipe } from '../../contract/recipe.ts';
import { version } from '../../contract/version.ts';
import { readAblation } from '../../main/training/ablation/read.ts';

const root = path.join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const list = (folder: string): string[] => readdirSync(path.join(root, folder));

const pages = ['README.md', 'CONTRIBUTING.md', ...list('docs').map((f) => `docs/${f}`)];

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading));

test.each(pages.filter((f) => f.endsWith('.md')))('every relative link of %s resolves', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', section] = link.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, target))) return true;
    return section !== undefined && !anchorsOf(read(target)).includes(section);
  });
  expect(broken).toEqual([]);
});

test('every page of docs/ is in its index', () => {
  const index = read('docs/README.md');
  const others = list('docs').filter((f) => f.endsWith('.md') && f !== 'README.md');
  expect(others.length).toBeGreaterThan(5);
  expect(others.filter((f) => !index.includes(`](${f})`))).toEqual([]);
});

/** Paths of the drawing in docs/tree.md; folders end with a slash. */
function drawnTree(): string[] {
  const drawing = /```\n([\s\S]*?)```/.exec(read('docs/tree.md'))?.[1] ?? '';
  const above: string[] = [];
  return drawing
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
      above.length = indent.length / 2;
      above.push(name);
      return above.join('');
    });
}

describe('docs/tree.md', () => {
  const drawn = new Set(drawnTree());
  test('names only what exists', () => {
    expect(drawn.size).toBeGreaterThan(100);
    expect([...drawn].filter((p) => !existsSync(path.join(root, p)))).toEqual([]);
  });
  test('has every top-level folder of the source', () => {
    const ignored = new Set([
      ...read('.gitignore')
        .split('\n')
        .map((l) => l.replace(/\/$/, '')),
      '.git',
    ]);
    const folders = readdirSync(root, { withFileTypes: true }).filter((e) => e.isDirectory() && !ignored.has(e.name));
    expect(folders.map((e) => `${e.name}/`).filter((f) => !drawn.has(f))).toEqual([]);
  });
  test.each(['contract', 'core', 'native-worker', 'main', 'cli'])('covers every source file of %s', (room) => {
    const files = readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.ts'))
      .map((f) => `${room}/${f.replaceAll(path.sep, '/')}`);
    expect(files.length).toBeGreaterThan(5);
    const covered = (file: string) => {
      const folder = `${path.posix.dirname(file)}/`;
      return drawn.has(file) || (folder !== `${room}/` && drawn.has(folder));
    };
    expect(files.filter((f) => !covered(f))).toEqual([]);
  });
});

test('the program has the version of its package', () => {
  expect(version).toBe(JSON.parse(read('package.json')).version);
});

describe.each(list('recipes').filter((f) => f.includes('.')))('recipes/%s', (name) => {
  const text = read(`recipes/${name}`);
  const comment = /^(#.*\n)*/.exec(text)?.[0] ?? '';
  test('is a valid recipe', () => {
    expect(name).toMatch(/\.yaml$/);
    expect(parseRecipe(parse(text))).toMatchObject({ version: 1, name: name.replace(/\.yaml$/, '') });
  });
  test('opens with its command, its time and its result', () => {
    expect(comment).toContain(`unsmooth train recipes/${name}`);
    expect(comment).toMatch(/^# Time: \S/m);
    expect(comment).toMatch(/^# Result: \S/m);
  });
});

describe.each(list('recipes').filter((f) => !f.includes('.')))('recipes/%s/', (name) => {
  test('is a folder of recipes that can be trained', () => {
    expect(readAblation(path.join(root, 'recipes', name), []).name).toBe(name);
  });
  test('its grid opens with its command, its time and its result', () => {
    const comment = /^(#.*\n)*/.exec(read(`recipes/${name}/ablation.yaml`))?.[0] ?? '';
    expect(comment).toContain(`unsmooth train recipes/${name}`);
    expect(comment).toMatch(/^# Time: \S/m);
    expect(comment).toMatch(/^# Result: \S/m);
  });
});

describe('docs/recipe.md', () => {
  test('lists every field', () => {
    const page = read('docs/recipe.md');
    expect(allFields().filter((field) => !page.includes(`| \`${field}\` |`))).toEqual([]);
  });
  test('is what the schema says now', () => {
    const script = path.join(root, 'build', 'recipe-docs.mjs');
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toBe('');
  });
});

test('README has its tables of figures, every one filled', () => {
  const text = read('README.md');
  for (const name of ['example', 'bench'])
    expect(text).toMatch(new RegExp(`<!-- figures: ${name} -->\\n\\|[^…]*?<!-- figures: end -->`));
});
