// The window's services on folders alone: rows, details, notes, removal and its undo, numbers followed. No worker is started.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readCurves } from '../../main/runs/columns.ts';
import {
  closeRun,
  closeSessions,
  codeOf,
  makeRun,
  openRun,
  session,
  temporaryFolder,
  there,
  until,
} from './app.fixtures.ts';

afterEach(closeSessions);
const [first, second] = ['20260101-000000-a', '20260102-000000-b'];
const runs = (library: string, ...rest: string[]) => path.join(library, 'runs', ...rest);

describe('runs', () => {
  test('are rows, newest first, broken and newer ones among them', async () => {
    const { api, library } = session();
    makeRun(library, first, 5);
    closeRun(openRun(library, second), 'stopped');
    mkdirSync(runs(library, '20260103-000000-c'), { recursive: true });
    mkdirSync(runs(library, '20260104-000000-d'));
    writeFileSync(runs(library, '20260104-000000-d', 'run.json'), '{"version": 99}');
    const rows = await api['runs.list']({});
    expect(rows.map((r) => [r.id, r.status])).toEqual([
      ['20260104-000000-d', 'newer'],
      ['20260103-000000-c', 'broken'],
      [second, 'stopped'],
      [first, 'done'],
    ]);
    expect(rows.at(-1)).toMatchObject({ name: 'tiny', losses: '1/1/1', elsewhere: false, sparkline: [1, 2, 3, 4, 5] });
  });

  test('that another program trains cannot be steered or removed', async () => {
    const { api, library } = session();
    const folder = openRun(library, first);
    expect(await api['runs.list']({})).toMatchObject([{ status: 'running', elsewhere: true }]);
    expect(await codeOf(() => api['training.pause']({ id: first }))).toBe('RUN_NOT_FOUND');
    expect(await codeOf(() => api['runs.remove']({ ids: [first] }))).toBe('RUN_ALIVE');
    expect(await codeOf(() => api['training.resume']({ id: first }))).toBe('RUN_ALIVE');
    folder.close();
    expect(await api['runs.list']({})).toMatchObject([{ status: 'interrupted', elsewhere: false }]);
  });

  test('appear, change and go while the library is watched', async () => {
    const { api, services, told, library } = session();
    await services.start();
    await api['runs.list']({});
    const folder = openRun(library, first);
    await until(() => told.runs.some((r) => r.changed[0]?.status === 'running'));
    closeRun(folder, 'stopped');
    await until(() => told.runs.some((r) => r.changed[0]?.status === 'stopped'));
    rmSync(runs(library, first), { recursive: true });
    await until(() => told.runs.some((r) => r.removed[0] === first));
  });

  test('are told in full; a damaged index is a sentence, and what is whole is shown', async () => {
    const { api, library } = session();
    makeRun(library, first, 6, [2, 4]);
    const whole = await api['runs.get']({ id: first });
    expect(whole).toMatchObject({ row: { id: first }, recipeText: 'version: 1\n', notes: null, problems: [] });
    writeFileSync(runs(library, first, 'checkpoints', 'index.json'), '{"version": 1, "checkpo');
    rmSync(runs(library, first, 'recipe.yaml'));
    const damaged = await api['runs.get']({ id: first });
    expect(damaged.problems).toEqual([expect.stringContaining('index.json'), expect.stringContaining('recipe.yaml')]);
    expect(damaged.checkpoints).toMatchObject(
      whole.checkpoints.map(({ step, bytes, metrics }) => ({ step, bytes, metrics })),
    );
    expect(damaged.checkpoints.map((c) => c.step)).toEqual([2, 4]);
  });

  test.each(['../../etc', '..', '.removed', 'a/b', ''])('the id %j names no folder', async (id) => {
    const { api, library } = session();
    makeRun(library, first);
    expect(await codeOf(() => api['runs.get']({ id }))).toBe('RUN_NOT_FOUND');
    expect(await codeOf(() => api['runs.remove']({ ids: [id] }))).toBe('RUN_NOT_FOUND');
  });

  test('take notes beside run.json, what is left out stays', async () => {
    const { api, library } = session();
    makeRun(library, first);
    const before = readFileSync(runs(library, first, 'run.json'), 'utf8');
    expect(await api['runs.note']({ id: first, name: 'Better', tags: ['x'] })).toMatchObject({
      name: 'Better',
      tags: ['x'],
    });
    expect(await api['runs.note']({ id: first, archived: true })).toMatchObject({ name: 'Better', archived: true });
    expect(await api['runs.note']({ id: first, name: null })).toMatchObject({ name: 'tiny', tags: ['x'] });
    expect(readFileSync(runs(library, first, 'run.json'), 'utf8')).toBe(before);
  });

  test('show the end of their log from a line on', async () => {
    const { api, library } = session();
    makeRun(library, first);
    writeFileSync(runs(library, first, 'log.txt'), 'one ä\ntwo ö\nthree ü\n');
    expect(await api['runs.log']({ id: first, bytes: 1000 })).toEqual({ text: 'one ä\ntwo ö\nthree ü\n', size: 23 });
    expect((await api['runs.log']({ id: first, bytes: 11 })).text).toBe('three ü\n');
  });
});

describe('what is removed', () => {
  test('comes back by undo, and goes to the bin when its time is over', async () => {
    const { api, asked, library } = session({ undoMs: 30 });
    makeRun(library, first);
    makeRun(library, second);
    await api['runs.list']({});
    const { token } = await api['runs.remove']({ ids: [first, second] });
    expect((await api['runs.list']({})).length).toBe(0);
    await api['removed.undo']({ token });
    expect((await api['runs.list']({})).length).toBe(2);
    const again = await api['runs.remove']({ ids: [first] });
    await until(() => asked.length === 1);
    expect(asked[0]).toMatch(new RegExp(`^trash .*\\.removed.*${first}$`));
    await until(() => !there(library, '.removed', again.token));
    expect(await codeOf(() => api['removed.undo']({ token: again.token }))).toBe('INPUT_INVALID');
    expect(there(runs(library, second, 'run.json'))).toBe(true);
  });

  test('is given back, with the reason, by a bin that refuses', async () => {
    const refuse = { trash: async () => Promise.reject(new Error('there is no bin')) };
    const { api, told, library } = session({ undoMs: 10, shell: refuse });
    makeRun(library, first, 4, [1, 4]);
    await api['runs.remove']({ ids: [first] });
    await until(() => told.problem.length === 1);
    expect(told.problem[0]?.message).toBe(`run ${first} could not be moved to the bin: there is no bin`);
    expect(await api['runs.list']({})).toMatchObject([{ id: first, status: 'done' }]);
  });

  test('by an earlier session goes to the bin at the next start', async () => {
    const library = temporaryFolder();
    const earlier = session({ library });
    makeRun(library, first, 4, [1, 2, 4]);
    makeRun(library, second);
    const [one] = (await earlier.api['checkpoints.list']({})).filter((c) => c.step === 1);
    await earlier.api['checkpoints.remove']({ files: [one?.file ?? ''] });
    await earlier.api['runs.remove']({ ids: [second] });
    await earlier.services.close();
    const { services, asked } = session({ library });
    await services.start();
    expect(asked.map((a) => path.basename(a)).sort()).toEqual(['1.safetensors', '1.state.safetensors', second]);
    expect(readdirSync(path.join(library, '.removed'))).toEqual([]);
    expect((await services.api['runs.list']({})).map((r) => r.id)).toEqual([first]);
  });

  test('checkpoints: the pair and its entry, and back; never the one a run goes on from', async () => {
    const { api, library } = session();
    closeRun(openRun(library, first, 4, [1, 2, 4]), 'stopped');
    const rows = await api['checkpoints.list']({});
    expect(rows.map((c) => [c.step, c.top1, c.best, c.last_layer_similarity])).toEqual([
      [4, 0, false, 0.04],
      [2, 2, true, 0.02],
      [1, 1, false, 0.01],
    ]);
    const file = (step: number) => rows.find((c) => c.step === step)?.file ?? '';
    expect(await codeOf(() => api['checkpoints.remove']({ files: [file(4)] }))).toBe('USAGE');
    const { token } = await api['checkpoints.remove']({ files: [file(1), file(2)] });
    expect((await api['checkpoints.list']({})).map((c) => c.step)).toEqual([4]);
    expect(there(file(1))).toBe(false);
    await api['removed.undo']({ token });
    expect(await api['checkpoints.list']({})).toEqual(rows);
    expect(await codeOf(() => api['checkpoints.remove']({ files: ['/etc/passwd'] }))).toBe('RUN_NOT_FOUND');
  });
});

describe('the numbers of a run', () => {
  test('are read the same from its file and from the kept columns, all or some tags', async () => {
    const library = temporaryFolder();
    makeRun(library, first, 2);
    const dir = runs(library, first);
    const line = (i: number) =>
      `{"step":${i},"epoch":${i / 10},"wall":${i},"train/loss":${i % 7},"note/padding":${'1'.repeat(90)}}\n`;
    appendFileSync(path.join(dir, 'metrics.jsonl'), Array.from({ length: 9000 }, (_, i) => line(i + 3)).join(''));
    const parsed = await readCurves(dir, path.join(library, 'series'), null);
    expect(parsed['train/loss']?.step.length).toBe(9002);
    expect(await readCurves(dir, path.join(library, 'series'), null)).toEqual(parsed);
    const some = await readCurves(dir, path.join(library, 'series'), ['val/top1']);
    expect(some).toEqual({ 'val/top1': parsed['val/top1'] });
    appendFileSync(path.join(dir, 'metrics.jsonl'), line(9003));
    const more = await readCurves(dir, path.join(library, 'series'), ['train/loss']);
    expect(more['train/loss']?.step.length).toBe(9003);
  });

  test('are followed: whole, then what is added, whole again after a resume', async () => {
    const { api, told, library } = session();
    const folder = openRun(library, first, 3);
    await api['series.follow']({ id: first });
    expect(told.series).toMatchObject([{ id: first, whole: true, layers: [{ step: 1 }, { step: 2 }, { step: 3 }] }]);
    folder.appendMetrics({ step: 4, epoch: 0.4, wall: 4, 'train/loss': 1 });
    await until(() => told.series.length === 2);
    expect(told.series[1]).toMatchObject({
      whole: false,
      layers: [],
      curves: { 'train/loss': { step: Float64Array.of(4) } },
    });
    folder.resumedFrom(2);
    await until(() => told.series.length === 3);
    expect(told.series[2]).toMatchObject({ whole: true, layers: [{ step: 1 }, { step: 2 }] });
    expect([...(told.series[2]?.curves['train/loss']?.step ?? [])]).toEqual([1, 2]);
    await api['series.unfollow']({ id: first });
    closeRun(folder);
  });
});

describe('settings and files', () => {
  test('settings are kept; damaged ones are the defaults, said, and written anew', async () => {
    const { api, told, library } = session();
    expect(await api['app.settings']({})).toMatchObject({ theme: 'system' });
    expect(await api['app.setSettings']({ theme: 'dark' })).toMatchObject({ theme: 'dark', x_axis: 'step' });
    expect(await session({ library }).api['app.settings']({})).toMatchObject({ theme: 'dark' });
    writeFileSync(path.join(library, 'settings.json'), '{');
    expect(await api['app.settings']({})).toMatchObject({ theme: 'system' });
    expect(told.problem[0]).toMatchObject({ code: 'INPUT_INVALID' });
    expect(await api['app.setSettings']({ smoothing: 0 })).toMatchObject({ theme: 'system', smoothing: 0 });
  });

  test('a file is written where the user said, and shown only if it was written now', async () => {
    const { api, asked, library } = session();
    const file = await api['app.saveFile']({ name: '../a:b.svg', data: '<svg/>' });
    expect(file).toBe(path.join(library, '-a-b.svg'));
    expect(readFileSync(file ?? '', 'utf8')).toBe('<svg/>');
    await api['app.showSaved']({ file: file ?? '' });
    expect(asked).toEqual([`show ${file}`]);
    expect(await codeOf(() => api['app.showSaved']({ file: '/etc/passwd' }))).toBe('USAGE');
    const gone = session({ shell: { chooseSave: async () => path.join(library, 'no', 'such', 'a.svg') } });
    expect(await codeOf(() => gone.api['app.saveFile']({ name: 'a', data: 'x' }))).toBe('FILE_IO');
    const no = session({ shell: { chooseSave: async () => null } });
    expect(await no.api['app.saveFile']({ name: 'a', data: 'x' })).toBe(null);
  });

  test('presets tell what they show; the estimate counts the data', async () => {
    const { api } = session();
    const presets = await api['training.presets']({});
    const example = presets.find((p) => p.id === 'example');
    expect(example?.about).toMatch(/^The example: a 12-layer ViT.*\n.*npx unsmooth train/);
    if (!example) return expect.fail();
    const estimate = await api['training.estimate']({ recipe: example.recipe });
    expect(estimate).toMatchObject({
      parameters: 604938,
      steps: 2500,
      steps_per_epoch: 937,
      seconds: null,
      engine: 'wasm',
    });
    expect(estimate.notes).toEqual([expect.stringContaining('wasm'), expect.stringContaining('not measured')]);
  });
});
