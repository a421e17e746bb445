// Every screen on the recorded library, in each state and theme: as it was looked at, and without a finding of axe.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, servePages } from './browser.ts';
import { type Display, openDisplay } from './display.ts';
import type { OpenWindow } from './electron.ts';
import { differs } from './snapshot.ts';

const [a, b] = ['20261125-030514-example', '20261125-030927-example-plain'];

type State = 'full' | 'empty' | 'loading' | 'failing';
const lists: [name: string, address: string][] = [
  ['runs', '/runs'],
  ['checkpoints', '/checkpoints'],
  ['datasets', '/datasets'],
  ['engines', '/engines'],
];
/** What each screen shows when it is ready, is up to it: a page at rest for this long is ready. */
const quietMs = 250;
const screens: { name: string; address: string; state: State; themes: readonly ('light' | 'dark')[] }[] = [
  ...lists.flatMap(([name, address]) => [
    { name, address, state: 'full' as const, themes: ['light', 'dark'] as const },
    { name: `${name}-empty`, address, state: 'empty' as const, themes: ['light'] as const },
    { name: `${name}-loading`, address, state: 'loading' as const, themes: ['light'] as const },
    { name: `${name}-failing`, address, state: 'failing' as const, themes: ['dark'] as const },
  ]),
  ...(
    [
      ['run-charts', `/runs/${a}`],
      ['run-checkpoints', `/runs/${a}?tab=checkpoints`],
      ['run-recipe', `/runs/${a}?tab=recipe`],
      ['run-log', `/runs/${a}?tab=log`],
      ['checkpoints-import', `/checkpoints?file=${encodeURIComponent('/home/ada/weights/deit_tiny_patch16_224.pth')}`],
      ['datasets-added', '/datasets?name=shapes'],
      ['new-run', '/new-run'],
      ['compare', `/compare?runs=${a},${b}`],
      ['settings', '/settings'],
      ['about', '/about'],
    ] as const
  ).map(([name, address]) => ({ name, address, state: 'full' as const, themes: ['light', 'dark'] as const })),
  {
    name: 'checkpoints-missing',
    address: `/checkpoints?file=${encodeURIComponent('/home/ada/weights/vit_base_512_run3.pth')}`,
    state: 'full',
    themes: ['light'],
  },
  { name: 'compare-empty', address: '/compare', state: 'full', themes: ['light'] },
  { name: 'run-failing', address: `/runs/${a}`, state: 'failing', themes: ['light'] },
  { name: 'run-loading', address: `/runs/${a}`, state: 'loading', themes: ['dark'] },
];

let display: Display;
let pages: Awaited<ReturnType<typeof servePages>>;
let browser: OpenWindow;
const profile = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-browser-'));

beforeAll(async () => {
  [display, pages] = await Promise.all([openDisplay({ own: true }), servePages()]);
  browser = await openBrowser('about:blank', { display, profile, width: 1024, height: 700 });
});
afterAll(async () => {
  await browser?.end();
  await pages?.close();
  await display?.end();
  rmSync(profile, { recursive: true, force: true });
});

/** Waits until nothing in the page has changed for a while. */
const atRest = (ms: number) =>
  new Promise<void>((resolve) => {
    let timer = setTimeout(done, ms);
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(done, ms);
    });
    function done() {
      observer.disconnect();
      resolve();
    }
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });

describe.each(screens)('$name', ({ name, address, state, themes }) => {
  test.each(themes)('%s', async (theme) => {
    const { page } = browser;
    const failures: string[] = [];
    const onError = (e: Error) => failures.push(e.message);
    page.on('pageerror', onError);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.goto(`${pages.url}?state=${state}#${address}`);
    await page.locator('h1').first().waitFor();
    if (state !== 'loading') await page.evaluate(atRest, quietMs);
    else await page.waitForTimeout(800); // what is slow shows itself after 300 ms, and moves from then on
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode() // the other mode opens a second page, which this browser does not
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    expect(
      violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`),
    ).toEqual([]);
    expect(failures).toEqual([]);
    page.off('pageerror', onError);
    expect(differs(`${name}-${theme}`, await page.screenshot({ animations: 'disabled', caret: 'hide' }))).toBeNull();
  });
});
