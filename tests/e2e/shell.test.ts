// The window itself, whatever its screens show: what its pages can reach, what is refused, what it remembers, what it does when it
// fails, how it ends.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bridge } from '../../contract/app-api.ts';
import { checkoutArgs, environment, makeScene, type OpenWindow, runtime, type Scene } from './electron.ts';

declare global {
  interface Window {
    unsmooth: Bridge;
    cameIn?: boolean;
  }
}

const shown = (page: Page) => page.getByRole('navigation').first().waitFor();
const logOf = (library: string): string => readFileSync(path.join(library, 'logs', 'window.txt'), 'utf8');
const gone = ({ app }: OpenWindow): Promise<number | null> => {
  const child = app.process();
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
};

describe('an open window', () => {
  let scene: Scene;
  let page: Page;
  let app: OpenWindow['app'];
  beforeAll(async () => {
    scene = await makeScene();
    ({ page, app } = await scene.open());
    await shown(page);
  });
  afterAll(() => scene?.close());

  test('its pages get one object, no Node, no Electron, no script that is not theirs, no other address', async () => {
    expect(await app.windows()).toHaveLength(1);
    const names = await page.evaluate(() => Object.keys(window.unsmooth).sort());
    expect(names).toEqual(['call', 'on', 'pathOf']);
    expect(await page.evaluate(() => window.unsmooth.pathOf(new File(['x'], '/etc/passwd')))).toBe('');
    const added = await page.evaluate(() => {
      const frame = document.createElement('iframe');
      frame.src = 'about:blank';
      document.body.append(frame);
      const plain = new Set(Object.getOwnPropertyNames(frame.contentWindow ?? {}));
      frame.remove();
      return Object.getOwnPropertyNames(window).filter((name) => !plain.has(name) && !/^\d+$/.test(name));
    });
    expect(added.filter((name) => !name.startsWith('__'))).toEqual(['unsmooth']);
    expect(await page.evaluate(() => [typeof globalThis.require, typeof globalThis.process])).toEqual([
      'undefined',
      'undefined',
    ]);
    // In a task of the page's own: what a debugger evaluates directly may use eval.
    const tried = await page.evaluate(
      () =>
        new Promise<Record<string, string>>((resolve) => {
          setTimeout(async () => {
            const attempt = async (work: () => unknown) => {
              try {
                return String(await work());
              } catch (e) {
                return e instanceof Error ? e.name : String(e);
              }
            };
            // biome-ignore lint/security/noGlobalEval: what is tested is that it is refused
            const evaluated = await attempt(() => globalThis.eval('1 + 1'));
            const made = await attempt(() => new Function('return 1')());
            const script = document.createElement('script');
            script.textContent = 'window.cameIn = true';
            document.head.append(script);
            const image = new Image();
            const loaded = new Promise((r) => {
              image.onload = () => r('loaded');
              image.onerror = () => r('refused');
            });
            image.src = 'https://example.org/a.png';
            resolve({
              evaluated,
              made,
              inline: String(window.cameIn),
              foreign: await attempt(() => fetch('https://example.org/')),
              local: await attempt(() => fetch('http://127.0.0.1:1/')),
              file: await attempt(() => fetch('file:///etc/hostname')),
              image: await attempt(() => loaded),
              outside: await attempt(async () => (await fetch('/..%2felectron-main.cjs')).status),
              opened: await attempt(() => window.open('https://example.org/')),
              asked: await attempt(() => Notification.requestPermission()),
            });
          });
        }),
    );
    expect(tried).toEqual({
      evaluated: 'EvalError',
      made: 'EvalError',
      inline: 'undefined',
      foreign: 'TypeError',
      local: 'TypeError',
      file: 'TypeError',
      image: 'refused',
      outside: '404',
      opened: 'null',
      asked: 'denied',
    });
    expect(app.windows()).toHaveLength(1);
  });

  test('calls that are none, and arguments that do not fit, are refused with a code', async () => {
    const call = (name: string, args: unknown) =>
      page.evaluate(([n, a]) => window.unsmooth.call(n as string, a), [name, args] as const);
    expect(await call('app.settings', {})).toMatchObject({ ok: true, value: { version: 1, theme: 'system' } });
    for (const name of ['app.steal', 'constructor', '__proto__', ''])
      expect(await call(name, {}), name).toMatchObject({ ok: false, error: { code: 'USAGE' } });
    expect(await call('app.settings', { all: true })).toMatchObject({ ok: false, error: { code: 'USAGE' } });
    expect(await call('app.setSettings', { theme: 'pink' })).toMatchObject({
      ok: false,
      error: { code: 'USAGE', problems: [{ where: 'theme' }] },
    });
    expect(await call('training.estimate', { recipe: { model: { dept: 3 } } })).toMatchObject({
      ok: false,
      error: { code: 'RECIPE_INVALID', problems: [{ where: 'model.dept' }] },
    });
    await expect(page.evaluate(() => window.unsmooth.on('steal' as 'menu', () => {}))).rejects.toThrow('no event');
  });

  test('the theme of the settings is the theme of its native parts', async () => {
    const theme = () => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource);
    expect(await theme()).toBe('system');
    await page.evaluate(() => window.unsmooth.call('app.setSettings', { theme: 'dark' }));
    expect(await theme()).toBe('dark');
  });

  test('a command of the menu reaches the page', async () => {
    const heard = page.evaluate(() => new Promise((resolve) => window.unsmooth.on('menu', resolve)));
    await page.evaluate(() => 0); // the subscription is there
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('palette')?.click());
    expect(await heard).toBe('palette');
  });

  test('hears of a failure in the process behind it, which is written down, and goes on', async () => {
    const heard = page.evaluate(() => new Promise((resolve) => window.unsmooth.on('problem', resolve)));
    await page.evaluate(() => 0);
    await app.evaluate(() => {
      setTimeout(() => {
        throw new Error('out of nowhere');
      });
    });
    expect(await heard).toMatchObject({ code: 'INTERNAL', message: 'out of nowhere' });
    expect(logOf(scene.library)).toContain('uncaught: Error: out of nowhere');
    await shown(page);
  });

  // Last: a driver waits for navigations that were refused.
  test('a page cannot leave, and neither can a frame in it', async () => {
    const address = new URL(page.url());
    for (const target of [
      'https://example.org/',
      'file:///etc/hostname',
      'app://unsmooth/-/problem',
      'data:text/html,x',
    ]) {
      await page.evaluate((url) => {
        window.location.href = url;
      }, target);
      await page.evaluate((url) => {
        const link = document.createElement('a');
        link.href = url;
        link.target = '_blank';
        document.body.append(link);
        link.click();
        link.remove();
      }, target);
    }
    await page.evaluate(() => new Promise((r) => setTimeout(r, 200)));
    expect(new URL(page.url())).toMatchObject({ origin: address.origin, pathname: address.pathname });
    expect(await page.evaluate(() => document.querySelectorAll('nav').length)).toBeGreaterThan(0);
  });
});

describe('a window of its own', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await makeScene();
  });
  afterEach(() => scene?.close());

  describe('a second start', () => {
    test('of the same library ends at once and brings the first to the front', async () => {
      const { page, app } = await scene.open();
      await shown(page);
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
      const second = spawn(runtime().executable, checkoutArgs(), {
        env: environment(scene),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      second.stderr.on('data', (d) => {
        said += d;
      });
      expect(await new Promise((resolve) => second.once('close', resolve))).toBe(0);
      expect(said).toContain('open already');
      await expect
        .poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.isMinimized())))
        .toEqual([false]);
    });
  });

  describe('its size and place', () => {
    const bounds = ({ app }: OpenWindow) =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());

    test('are kept over a restart', async () => {
      const first = await scene.open();
      await shown(first.page);
      const wanted = { x: 60, y: 40, width: 1100, height: 760 };
      await first.app.evaluate(({ BrowserWindow }, b) => BrowserWindow.getAllWindows()[0]?.setBounds(b), wanted);
      await expect.poll(() => bounds(first)).toEqual(wanted);
      await first.end();
      expect(JSON.parse(readFileSync(path.join(scene.library, 'window.json'), 'utf8'))).toMatchObject(wanted);
      expect(await bounds(await scene.open())).toEqual(wanted);
    });
    test('are the usual ones where the file is damaged, and the log says so', async () => {
      writeFileSync(path.join(scene.library, 'window.json'), '{"version":1,"x":');
      const window = await scene.open();
      await shown(window.page);
      expect((await bounds(window))?.width).toBeGreaterThanOrEqual(1024);
      expect(logOf(scene.library)).toContain('window.json');
    });
  });

  describe('a failure', () => {
    test('of the page shows what happened, and the page comes back by its button', async () => {
      const { app, page } = await scene.open();
      await shown(page);
      await app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
      );
      // Its process is gone, and with it what drives the page from here: from now on the main process is asked.
      const address = () =>
        app.evaluate(({ BrowserWindow }) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          return contents?.isLoading() ? 'loading' : contents?.getURL();
        });
      const ask = <T>(script: string): Promise<T> =>
        app.evaluate(
          ({ BrowserWindow }, code) => BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(code),
          script,
        );
      await expect.poll(address).toBe('app://unsmooth/-/problem');
      expect(await ask('document.querySelector("h1").textContent')).toContain('page ended');
      expect(await ask('[...document.querySelectorAll("button")].map((b) => b.textContent)')).toEqual([
        'Reload',
        'Open log folder',
        'Quit',
      ]);
      expect(await ask('document.querySelector("pre").textContent')).toContain('page ended');
      await ask('document.querySelector("button").click()');
      await expect.poll(address).toContain('app://unsmooth/index.html');
      await expect.poll(() => ask('document.querySelectorAll("nav").length')).toBeGreaterThan(0);
      expect(logOf(scene.library)).toContain('page ended');
    });

    test('of the start is shown instead of the pages', async () => {
      const file = path.join(scene.library, 'a file');
      writeFileSync(file, '');
      const { page } = await scene.open({ library: path.join(file, 'library') });
      await page.getByRole('heading', { name: 'could not start' }).waitFor();
      expect(await page.getByRole('button').allTextContents()).toEqual(['Reload', 'Open log folder', 'Quit']);
    });
  });

  describe('the way out', () => {
    test('a signal ends it', async () => {
      const window = await scene.open();
      await shown(window.page);
      window.app.process().kill('SIGTERM');
      expect(await gone(window)).toBe(0);
    });
    test('closing the window ends it', async () => {
      const window = await scene.open();
      await shown(window.page);
      await window.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
      expect(await gone(window)).toBe(0);
    });
  });
});
