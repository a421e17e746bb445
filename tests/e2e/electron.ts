// Starts the real window for a test: the runtime that set-up chose, on a display, with a library of its own. Everything it wrote to
// its terminal is kept for the message of a test that fails.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { type Display, openDisplay } from './display.ts';

const root = path.join(import.meta.dirname, '..', '..');

export interface Runtime {
  kind: 'given' | 'own' | 'test';
  dist: string;
  executable: string;
  version: string;
}

/** The runtime that is there. Throws where set-up was not run. */
export function runtime(): Runtime {
  const found = JSON.parse(
    execFileSync(process.execPath, [path.join(root, 'build', 'electron-runtime.mjs')], { encoding: 'utf8' }),
  );
  if (!found) throw new Error('no Electron: run npm test, or node build/setup.mjs --window');
  return found;
}

export interface OpenOptions {
  library: string;
  display: Display;
  env?: Record<string, string>;
  /** Another program than the checkout's: the packaged app. */
  executable?: string;
  args?: string[];
}

export interface OpenWindow {
  app: ElectronApplication;
  page: Page;
  /** What it wrote to stdout and stderr so far. */
  output(): string;
  /** Ends the program the quick way: as a signal would, without a question. Returns when it is gone. */
  end(): Promise<void>;
}

/** What the checkout's window is started with. As root Chromium refuses its sandbox. */
export const checkoutArgs = (): string[] => [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  path.join(root, 'dist', 'electron-main.cjs'),
];

export const environment = ({ library, display, env = {} }: OpenOptions): Record<string, string> => {
  const inherited = Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined);
  return { ...Object.fromEntries(inherited), ...display.env, UNSMOOTH_LIBRARY: library, ...env };
};

/** Opens the window and waits for its first page. */
export async function openApp(options: OpenOptions): Promise<OpenWindow> {
  const app = await electron.launch({
    executablePath: options.executable ?? runtime().executable,
    args: options.args ?? checkoutArgs(),
    env: environment(options),
    chromiumSandbox: true, // what is passed is what the program is given
    timeout: 30_000,
  });
  let output = '';
  const child = app.process();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (d) => {
      output += d;
    });
  const page = await app.firstWindow();
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  return {
    app,
    page,
    output: () => output,
    async end() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

export interface Scene {
  display: Display;
  /** A library of this test's own. */
  library: string;
  open(options?: Partial<OpenOptions>): Promise<OpenWindow>;
  /** Ends every window that was opened, and the display. */
  close(): Promise<void>;
}

/** A display, a library and the windows that a test opens in them. */
export async function makeScene(): Promise<Scene> {
  const display = await openDisplay();
  const library = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-e2e-'));
  const opened: OpenWindow[] = [];
  return {
    display,
    library,
    async open(options = {}) {
      const window = await openApp({ library, display, ...options });
      opened.push(window);
      return window;
    },
    async close() {
      for (const window of opened) await window.end();
      await display.end();
      rmSync(library, { recursive: true, force: true });
    },
  };
}

/** As the system's file manager would: a file or folder is dragged over the middle of the window and let go there. */
export const dropOn = ({ app }: OpenWindow, place: string): Promise<void> =>
  app.evaluate(async ({ BrowserWindow }, file) => {
    const [shown] = BrowserWindow.getAllWindows();
    if (!shown) throw new Error('there is no window');
    const { width, height } = shown.getContentBounds();
    const at = { x: Math.round(width / 2), y: Math.round(height / 2) };
    const { debugger: drag } = shown.webContents;
    drag.attach('1.3');
    for (const type of ['dragEnter', 'dragOver', 'drop'])
      await drag.sendCommand('Input.dispatchDragEvent', {
        type,
        ...at,
        data: { items: [], files: [file], dragOperationsMask: 1 },
      });
    drag.detach();
  }, place);
