// The parts of the window that need no Electron: where it opens, what its scheme serves, how a call is answered, its log.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppApi } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { answerCall } from '../../electron/answer.ts';
import { windowLog } from '../../electron/log.ts';
import { Previews } from '../../electron/previews.ts';
import { actionOf, problemHtml } from '../../electron/problem-page.ts';
import { fileOf, type Served, serve } from '../../electron/protocol.ts';
import { placeOn, readWindow, writeWindow } from '../../electron/window-state.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('where the window opens', () => {
  const first = { x: 0, y: 0, width: 1920, height: 1040 };
  const second = { x: 1920, y: 0, width: 2560, height: 1400 };
  test.each<[string, Parameters<typeof placeOn>, ReturnType<typeof placeOn>]>([
    ['nothing saved: centred', [[first], undefined], { x: 280, y: 90, width: 1360, height: 860 }],
    ['as it was', [[first], { x: 10, y: 20, width: 1200, height: 800 }], { x: 10, y: 20, width: 1200, height: 800 }],
    [
      'on the second screen',
      [[first, second], { x: 2000, y: 100, width: 2400, height: 1300 }],
      { x: 2000, y: 100, width: 2400, height: 1300 },
    ],
    [
      'its screen is gone: centred on the first, as large as that allows',
      [[first], { x: 2000, y: 100, width: 2400, height: 1300 }],
      { x: 0, y: 0, width: 1920, height: 1040 },
    ],
    [
      'its top edge is out of reach',
      [[first], { x: 100, y: -900, width: 1200, height: 1000 }],
      { x: 360, y: 20, width: 1200, height: 1000 },
    ],
    ['too small', [[first], { x: 10, y: 20, width: 10, height: 10 }], { x: 10, y: 20, width: 1024, height: 700 }],
    ['a small screen', [[{ x: 0, y: 0, width: 800, height: 600 }], undefined], { x: 0, y: 0, width: 800, height: 600 }],
    ['no screen', [[], undefined], { x: 0, y: 0, width: 1360, height: 860 }],
  ])('%s', (_, [screens, saved], bounds) => expect(placeOn(screens, saved)).toEqual(bounds));

  test('is kept in the library; a damaged file is told and not used', () => {
    const heard: unknown[] = [];
    const read = () => readWindow(folder, (e) => heard.push(e));
    expect(read()).toBeUndefined();
    const saved = { version: 1, x: 1, y: -2, width: 1100, height: 800, maximised: true, zoom: 0.5 } as const;
    writeWindow(folder, saved);
    expect(read()).toEqual(saved);
    expect(heard).toEqual([]);
    writeFileSync(path.join(folder, 'window.json'), '{"version":1,"x":"left"}');
    expect(read()).toBeUndefined();
    expect(heard).toEqual([expect.objectContaining({ code: 'INPUT_INVALID' })]);
  });
});

describe('the scheme', () => {
  const served = (): Served => ({
    pages: path.join(folder, 'pages'),
    previews: new Previews(),
    problem: (n) => `<p>${n}`,
  });
  const get = (url: string, from = served()) => serve(new Request(url), from);
  beforeEach(() => {
    mkdirSync(path.join(folder, 'pages', 'assets'), { recursive: true });
    writeFileSync(
      path.join(folder, 'pages', 'index.html'),
      '<meta nonce="__CSP_NONCE__"><style nonce="__CSP_NONCE__">',
    );
    writeFileSync(path.join(folder, 'pages', 'assets', 'a b.js'), 'let ä;');
    writeFileSync(path.join(folder, 'secret.html'), 'secret');
    writeFileSync(path.join(folder, 'pages-2.html'), 'secret');
  });

  test('serves the pages with a nonce of each load, no inline script, no other address', async () => {
    const loads = await Promise.all([get('app://unsmooth/index.html'), get('app://unsmooth/')]);
    const nonces = await Promise.all(
      loads.map(async (response) => {
        const policy = response.headers.get('Content-Security-Policy') ?? '';
        const nonce = /'nonce-([^']{20,})'/.exec(policy)?.[1] ?? '';
        expect(await response.text()).toBe(`<meta nonce="${nonce}"><style nonce="${nonce}">`);
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("script-src 'self';");
        expect(policy).not.toMatch(/unsafe|https?:|\*/);
        return nonce;
      }),
    );
    expect(new Set(nonces).size).toBe(2);
  });
  test('serves files with their type', async () => {
    const response = await get('app://unsmooth/assets/a%20b.js');
    expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(await response.text()).toBe('let ä;');
  });
  test.each([
    'app://unsmooth/none.html',
    'app://unsmooth/assets',
    'app://unsmooth/%2e%2e/secret.html',
    'app://unsmooth/..%2fsecret.html',
    'app://unsmooth/assets/..%2f..%2fsecret.html',
    'app://unsmooth/..%5csecret.html',
    'app://unsmooth/index.html%00.js',
    'app://unsmooth/%E0%A4%A.html',
    'app://other/index.html',
    'app://preview/index.html',
  ])('refuses %s', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });
  test('a folder whose name only begins as the pages’ is another one', () => {
    expect(fileOf('/a/pages', '/../pages-2.html')).toBeNull();
    expect(fileOf('/a/pages', '/x/../index.html')).toBe(path.normalize('/a/pages/index.html'));
  });
  test('changes nothing on request', async () => {
    expect((await serve(new Request('app://unsmooth/index.html', { method: 'POST' }), served())).status).toBe(405);
  });
  test('shows a few previews, shut in', async () => {
    const from = served();
    const urls = Array.from({ length: 10 }, (_, i) => from.previews.add(`<b>${i}</b>`, i === 9 ? 'json' : 'html'));
    expect((await get(urls[0] ?? '', from)).status).toBe(404);
    const html = await get(urls[8] ?? '', from);
    expect(await html.text()).toBe('<b>8</b>');
    expect(html.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*sandbox$/);
    expect((await get(urls[9] ?? '', from)).headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
  });
  test('the problem page escapes what it shows and its buttons mean something', async () => {
    const html = problemHtml({ title: '<a>', message: '<b>', hint: '"c"' }, '<script>', 'n');
    expect(html).not.toMatch(/<a>|<b>|"c"|<script>/);
    expect(actionOf('app://unsmooth/-/action/reload?')).toBe('reload');
    expect(actionOf('app://unsmooth/-/action/constructor')).toBeNull();
    expect(actionOf('app://unsmooth/index.html')).toBeNull();
    const response = await get('app://unsmooth/-/problem');
    expect(response.headers.get('Content-Security-Policy')).not.toContain('script-src');
  });
});

describe('a call', () => {
  const failed: UnsmoothError[] = [];
  const heard: unknown[] = [];
  const api = {
    'runs.log': (args: unknown) => {
      heard.push(args);
      return { text: '', size: 0 };
    },
    'runs.get': () => {
      throw new UnsmoothError('RUN_NOT_FOUND', 'no run', 'hint', [{ where: 'id', message: 'm' }]);
    },
    'engines.list': async () => {
      throw new TypeError('broken');
    },
  } as unknown as AppApi;
  const ask = (name: unknown, args: unknown) => answerCall(api, name, args, (e) => failed.push(e));
  beforeEach(() => {
    failed.length = 0;
    heard.length = 0;
  });

  test('with arguments that fit is answered', async () => {
    expect(await ask('runs.log', { id: 'a', bytes: 10 })).toEqual({ ok: true, value: { text: '', size: 0 } });
    expect(heard).toEqual([{ id: 'a', bytes: 10 }]);
  });
  test.each<[string, unknown, unknown, object]>([
    ['an unknown name', 'runs.steal', {}, { code: 'USAGE' }],
    ['a name every object has', 'constructor', {}, { code: 'USAGE' }],
    ['no name', undefined, {}, { code: 'USAGE' }],
    ['a missing argument', 'runs.log', { id: 'a' }, { code: 'USAGE', problems: [{ where: 'bytes' }] }],
    ['one too many', 'runs.log', { id: 'a', bytes: 1, path: '/' }, { code: 'USAGE' }],
    ['one out of range', 'runs.log', { id: '', bytes: 1 }, { code: 'USAGE', problems: [{ where: 'id' }] }],
    ['nothing', 'runs.log', undefined, { code: 'USAGE' }],
    [
      'a recipe with an unknown field',
      'training.start',
      { recipe: { model: { dept: 3 } } },
      { code: 'RECIPE_INVALID', problems: [{ where: 'model.dept' }] },
    ],
  ])('with %s is refused before any service hears of it', async (_, name, args, error) => {
    expect(await ask(name, args)).toMatchObject({ ok: false, error });
    expect(heard).toEqual([]);
    expect(failed).toEqual([]);
  });
  test('that a service refuses brings its error whole', async () => {
    const error = { code: 'RUN_NOT_FOUND', message: 'no run', hint: 'hint', problems: [{ where: 'id', message: 'm' }] };
    expect(await ask('runs.get', { id: 'a' })).toEqual({ ok: false, error });
    expect(failed).toEqual([]);
  });
  test('that breaks a service is told to the log too', async () => {
    expect(await ask('engines.list', {})).toMatchObject({ ok: false, error: { code: 'INTERNAL', message: 'broken' } });
    expect(failed).toHaveLength(1);
  });
});

describe('the log', () => {
  test('keeps what was written, and below two megabytes of it', () => {
    const log = windowLog(folder);
    expect(log.tail(100)).toBe('');
    for (let i = 0; i < 250; i++) log.write(`line ${i} ${'x'.repeat(10_000)}`);
    const sizes = ['window.txt', 'window.1.txt'].map((name) => statSync(path.join(folder, 'logs', name)).size);
    expect(Math.max(...sizes)).toBeLessThan(1_000_001);
    log.write('the last');
    expect(log.tail(9)).toBe('the last\n');
    expect(readFileSync(path.join(folder, 'logs', 'window.1.txt'), 'utf8')).toContain('line 100 ');
  });
});
