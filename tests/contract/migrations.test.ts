// Every version of every saved format has a committed file that opens. Raising a version without a fixture of the old one fails here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Format, readSaved } from '../../contract/saved/format.ts';
import { formats } from '../../contract/saved/formats.ts';

const fixtures = join(import.meta.dirname, 'saved');
const folderOf = (format: { name: string }) => join(fixtures, format.name.replaceAll(' ', '-'));
const fixture = (format: { name: string }, version: number) => join(folderOf(format), `v${version}.json`);
const versionsOf = (format: { version: number }) => Array.from({ length: format.version }, (_, i) => i + 1);
const load = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const every: readonly Format<z.ZodType>[] = formats;

/** What is wrong with the fixtures and migrations of a format; empty: nothing. */
function gaps(format: Format<z.ZodType>, has: (version: number) => boolean): string[] {
  const older = versionsOf(format).slice(0, -1);
  const migrations = Object.keys(format.migrations).map(Number);
  return [
    ...versionsOf(format).flatMap((v) => (has(v) ? [] : [`no fixture of version ${v}`])),
    ...older.flatMap((v) => (migrations.includes(v) ? [] : [`no migration from version ${v}`])),
    ...migrations.flatMap((v) => (older.includes(v) ? [] : [`a migration from version ${v}, which leads nowhere`])),
  ];
}

describe.each(every.map((format) => [format.name, format] as const))('%s', (_, format) => {
  test('has a fixture of each version and a migration from each older one', () => {
    expect(gaps(format, (v) => existsSync(fixture(format, v)))).toEqual([]);
    expect(readdirSync(folderOf(format)).sort()).toEqual(versionsOf(format).map((v) => `v${v}.json`));
  });
  test.each(versionsOf(format))('version %i opens', (version) => {
    const data = load(fixture(format, version));
    expect(data).toMatchObject({ version });
    const opened = readSaved(format, data, 'fixture');
    expect(opened).toMatchObject({ version: format.version });
    if (version === format.version) expect(opened).toMatchObject(data as object); // fields added since have their defaults
  });
  test('the next version is refused as newer', () => {
    const data = { ...(load(fixture(format, format.version)) as object), version: format.version + 1 };
    expect(() => readSaved(format, data, 'run/x.json')).toThrow(
      `run/x.json: ${format.name} of version ${format.version + 1}; this program reads up to ${format.version}`,
    );
  });
  test('every field is needed', () => {
    const data = load(fixture(format, format.version)) as Record<string, unknown>;
    for (const key of Object.keys(data)) {
      const { [key]: _gone, ...rest } = data;
      expect(() => readSaved(format, rest, 'x.json'), key).toThrow('x.json');
    }
  });
});

test('no fixture is left of a format that is gone', () => {
  expect(readdirSync(fixtures).sort()).toEqual(formats.map((f) => f.name.replaceAll(' ', '-')).sort());
});

describe('the harness, on a format of two migrations made for it', () => {
  const schema = z.object({ version: z.literal(3), title: z.string(), tags: z.array(z.string()) });
  const made: Format<typeof schema> = {
    name: 'made',
    version: 3,
    schema,
    migrations: {
      1: ({ label, ...rest }) => ({ ...rest, title: label }),
      2: (data) => ({ ...data, tags: [] }),
    },
  };
  const codeOf = (data: unknown) => {
    try {
      readSaved(made, data, 'made.json');
    } catch (e) {
      if (e instanceof UnsmoothError) return e.code;
      throw e;
    }
    return 'opened';
  };
  test('an old file goes through every migration, one in between through the rest', () => {
    const now = { version: 3, title: 'a', tags: [] };
    expect(readSaved(made, { version: 1, label: 'a' }, 'made.json')).toEqual(now);
    expect(readSaved(made, { version: 2, title: 'a' }, 'made.json')).toEqual(now);
    expect(readSaved(made, now, 'made.json')).toEqual(now);
  });
  test.each<[string, unknown, string]>([
    ['newer', { version: 4, title: 'a', tags: [] }, 'FORMAT_NEWER'],
    ['no version', { title: 'a' }, 'INPUT_INVALID'],
    ['version zero', { version: 0 }, 'INPUT_INVALID'],
    ['version as text', { version: '3', title: 'a', tags: [] }, 'INPUT_INVALID'],
    ['a list', [], 'INPUT_INVALID'],
    ['nothing', undefined, 'INPUT_INVALID'],
    ['text', 'version: 3', 'INPUT_INVALID'],
    ['an old file without what its migration needs', { version: 1 }, 'INPUT_INVALID'],
    ['a wrong field', { version: 3, title: 1, tags: [] }, 'INPUT_INVALID'],
  ])('%s is refused', (_, data, code) => expect(codeOf(data)).toBe(code));

  test('a migration without a fixture, a version without a migration and a stray migration are found', () => {
    expect(gaps(made, () => true)).toEqual([]);
    expect(gaps(made, (v) => v !== 1)).toEqual(['no fixture of version 1']);
    expect(gaps({ ...made, version: 4 }, (v) => v < 4)).toEqual([
      'no fixture of version 4',
      'no migration from version 3',
    ]);
    expect(gaps({ ...made, version: 2 }, () => true)).toEqual(['a migration from version 2, which leads nowhere']);
  });
});
