// The library on disk: names of folders, recipes from files, runs by whatever name, datasets, the choice of an engine.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe } from '../../contract/recipe.ts';
import { identifyProcess } from '../../core/owner.ts';
import { datasetOf, resolveDataset } from '../../main/datasets/resolve.ts';
import { chooseEngine } from '../../main/engines/choose.ts';
import { keepForm } from '../../main/engines/forms.ts';
import { tensorflowPlan } from '../../main/engines/plans.ts';
import { findRun } from '../../main/runs/find.ts';
import { dropUnbegun, libraryFolder, newRunFolder, slug } from '../../main/runs/paths.ts';
import { system } from '../../main/runs/system.ts';
import { viewRun } from '../../main/runs/view.ts';
import { readPreset } from '../../main/training/presets.ts';
import { readRecipe, recipeText } from '../../main/training/recipe-file.ts';
import { tinyRun } from './run-folder.fixtures.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'library-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (e) {
    return e instanceof UnsmoothError ? e.code : String(e);
  }
  return 'nothing thrown';
};
const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};

describe('paths', () => {
  test('the library follows UNSMOOTH_LIBRARY, then the platform', () => {
    expect(libraryFolder({ UNSMOOTH_LIBRARY: '/data/u' }, 'linux', '/home/a')).toBe('/data/u');
    expect(libraryFolder({ XDG_DATA_HOME: '/xdg' }, 'linux', '/home/a')).toBe('/xdg/unsmooth');
    expect(libraryFolder({}, 'linux', '/home/a')).toBe('/home/a/.local/share/unsmooth');
    expect(libraryFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/Unsmooth');
  });

  test.each([
    ['/proc/unsmooth/runs', '/proc'],
    ['/dev/null/library/runs', '/dev/null'],
  ])('a library that cannot be made (%s) is refused at once, by name', (wanted, above) => {
    let message = '';
    try {
      newRunFolder(wanted, 'x');
    } catch (e) {
      if (e instanceof UnsmoothError && e.code === 'FILE_IO') message = e.message;
    }
    expect(message).toMatch(new RegExp(`^${wanted} cannot be made in ${above}: `));
  });

  test('run folders are named by time and slug, and never taken twice', () => {
    const now = new Date(2026, 0, 2, 3, 4, 5);
    const first = newRunFolder(folder, 'Ünsmooth: a/b', now);
    expect(path.basename(first)).toBe('20260102-030405-unsmooth-a-b');
    expect(path.basename(newRunFolder(folder, 'Ünsmooth: a/b', now))).toBe('20260102-030405-unsmooth-a-b-2');
    dropUnbegun(first);
    expect(existsSync(first)).toBe(false);
    expect([slug('../..'), slug('日本'), slug('a'.repeat(100)).length]).toEqual(['run', 'run', 60]);
  });
});

describe('a recipe from a file', () => {
  test('fields are set over it, lists and null included', () => {
    const file = write('r.yaml', 'optim: {lr: 0.01}\n');
    const recipe = readRecipe(file, ['optim.lr=5e-4', 'optim.betas=[0.8, 0.9]', 'probe.every_steps=null', 'name=a b']);
    expect(recipe).toMatchObject({ name: 'a b', optim: { lr: 5e-4, betas: [0.8, 0.9] }, probe: { every_steps: null } });
  });

  test('JSON is read, an empty file is all defaults', () => {
    expect(readRecipe(write('r.json', '{"seed": 7}')).seed).toBe(7);
    expect(readRecipe(write('empty.yaml', '# nothing\n'))).toEqual(parseRecipe({}));
  });

  test('relative paths start from its folder', () => {
    const file = write('sub/r.yaml', 'data: {kind: idx, path: data}\nmodel: {init: w.safetensors}\n');
    const { data, model } = readRecipe(file);
    expect([data.path, model.init]).toEqual([path.join(folder, 'sub/data'), path.join(folder, 'sub/w.safetensors')]);
  });

  test('paths set over it start from where the command is given', () => {
    const file = write('sub/r.yaml', 'data: {path: data}\n');
    const { data, model } = readRecipe(file, ['data.path=other', 'model.init=w.safetensors']);
    expect([data.path, model.init]).toEqual([path.resolve('other'), path.resolve('w.safetensors')]);
    expect(readRecipe(file, ['data.path=null', 'model.init=random'])).toMatchObject({
      data: { path: null },
      model: { init: 'random' },
    });
  });

  test('its text is the same recipe again', () => {
    const recipe = parseRecipe({ name: 'yes: #no', seed: 3, optim: { eps: 1e-8 } });
    expect(readRecipe(write('again.yaml', recipeText(recipe)))).toEqual(recipe);
  });
});

describe('runs', () => {
  const runFolder = (id: string, status = 'done') =>
    path.dirname(write(`runs/${id}/run.json`, JSON.stringify({ ...tinyRun(), id, status })));

  test('are found by folder, id, beginning and slug', () => {
    const dir = runFolder('20260101-000000-first');
    runFolder('20260102-000000-second');
    const runs = path.join(folder, 'runs');
    for (const name of [dir, '20260101-000000-first', '20260101', 'first']) expect(findRun(runs, name)).toBe(dir);
    expect(() => findRun(runs, '2026010')).toThrow(/may be any of/);
    expect(() => findRun(runs, 'frist')).toThrow(/there is no run frist/);
    expect(codeOf(() => findRun(runs, runs))).toBe('RUN_NOT_FOUND');
  });

  test('live status with a living owner is alive, with a reused pid it is interrupted', () => {
    const dir = runFolder('20260101-000000-live', 'running');
    const me = identifyProcess(process.pid, system);
    const owner = (more: object) =>
      write('runs/20260101-000000-live/owner.json', JSON.stringify({ version: 1, ...me, attempt: 1, ...more }));
    owner({});
    expect(viewRun(dir)).toMatchObject({ status: 'running', alive: true, reason: '' });
    owner({ process_start: '1' });
    expect(viewRun(dir)).toMatchObject({
      status: 'interrupted',
      alive: false,
      reason: 'the process that trained it is gone',
    });
    const ended = {
      version: 1,
      attempt: 1,
      reason: 'out of memory',
      signal: 'SIGKILL',
      exit_code: null,
      at: '2026-01-01T00:00:00Z',
    };
    write('runs/20260101-000000-live/ended.json', JSON.stringify(ended));
    expect(viewRun(dir)).toMatchObject({ status: 'interrupted', reason: 'out of memory' });
    owner({ process_start: '1', attempt: 2 }); // ended.json speaks of an earlier attempt
    expect(viewRun(dir)).toMatchObject({ reason: 'the process that trained it is gone' });
  });
});

describe('datasets', () => {
  test('built-in names, folders, and what to do about the rest', () => {
    expect(resolveDataset('mnist', folder)).toMatchObject({ name: 'mnist', kind: 'idx' });
    expect(resolveDataset(folder, folder)).toEqual({
      name: path.basename(folder).replace(/[^A-Za-z0-9._-]+/g, '-'),
      kind: null,
      path: folder,
      indexes: path.join(folder, 'datasets', 'indexes'),
    });
    expect(codeOf(() => resolveDataset('mnits', folder))).toBe('DATASET_NOT_FOUND');
    expect(resolveDataset(write('my images (2).parquet', ''), folder)).toMatchObject({
      name: 'my-images-2',
      kind: null,
    });
    expect(codeOf(() => resolveDataset('../../etc/passwd-like', folder))).toBe('DATASET_NOT_FOUND');
  });

  test('a folder in a recipe wins over the name', () => {
    const { data } = parseRecipe({ data: { kind: 'idx', path: folder } });
    expect(datasetOf(data, folder).path).toBe(folder);
  });
});

test('what the opening comment of a preset says: title, source and result, also over several lines', () => {
  const file = write(
    'presets/a.yaml',
    '# Small on digits: 2 layers.\n#   unsmooth train a.yaml\n# Source: somebody 2021,\n# their table 3.\n# Result: top-1 9 %.\n# Time: 1 s.\nname: a\n',
  );
  expect(readPreset(file)).toMatchObject({
    id: 'a',
    title: 'Small on digits',
    source: 'somebody 2021, their table 3.',
    result: 'top-1 9 %.',
  });
  expect(readPreset(write('presets/b.yaml', 'name: b\n'))).toMatchObject({ title: 'b', source: '', result: '' });
});

describe('the choice of an engine', () => {
  /** A record of the very files that this version installs; of the files themselves none is needed to choose. */
  const install = (name: 'cpu' | 'cuda') => {
    const sources = Object.fromEntries(tensorflowPlan(name, '').wheels.map((w) => [w.file, w.sha256]));
    const record = { format: 1, name, version: 'x', sources, binding: 'built', files: {}, installed_at: '' };
    return path.dirname(write(`engines/${name}/engine.json`, JSON.stringify(record)));
  };
  const choose = (engine: Parameters<typeof chooseEngine>[0], more: object = {}) =>
    chooseEngine(engine, 2, { cache: folder, driver: null, ...more });

  test('nothing installed: wasm, with the way to the better one; a named one is refused', () => {
    const { engine, notes } = choose('auto');
    expect(engine).toEqual({ name: 'wasm', dir: null, form: 'replay', threads: 2 });
    expect(notes.join()).toContain('unsmooth engines install cpu');
    expect(codeOf(() => choose('cpu'))).toBe('ENGINE_MISSING');
    expect(codeOf(() => choose('cuda'))).toBe('ENGINE_MISSING');
  });

  test('auto takes CUDA where there is a driver, else the CPU', () => {
    const cpu = install('cpu');
    expect(choose('auto')).toEqual({ engine: { name: 'cpu', dir: cpu, form: 'xla', threads: 2 }, notes: [] });
    expect(choose('cpu').engine.dir).toBe(cpu);
    install('cuda');
    expect(choose('auto').engine.name).toBe('cpu');
  });

  test('CUDA asked for without a driver: one sentence, and the CPU goes on', () => {
    const cuda = install('cuda');
    const without = choose('cuda');
    expect(without.engine).toMatchObject({ name: 'cpu', dir: cuda });
    expect(without.notes).toEqual([expect.stringMatching(/^No NVIDIA driver was found on this machine/)]);
    const cpu = install('cpu');
    expect(choose('cuda').engine).toMatchObject({ name: 'cpu', dir: cpu });
    expect(choose('cuda', { driver: '570.1' }).engine).toMatchObject({ name: 'cuda', dir: cuda });
  });

  test('the measured form is used by new runs, and a run keeps its own', () => {
    install('cpu');
    expect(choose('cpu').engine.form).toBe('xla');
    keepForm('cpu', 'graph', folder);
    keepForm('cuda', 'xla', folder);
    expect(choose('cpu').engine.form).toBe('graph');
    expect(choose('cpu', { form: 'xla' }).engine.form).toBe('xla');
    write('form.json', 'damaged');
    expect(choose('cpu').engine.form).toBe('xla');
    expect(choose('wasm').engine.form).toBe('replay');
  });
});
