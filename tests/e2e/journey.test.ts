// What a user does, in the real window with the real worker: from an empty library to a report that a colleague opens.
// The tests follow each other, on one library.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../contract/saved/run.ts';
import { openBrowser } from './browser.ts';
import { makeScene, type OpenWindow, type Scene } from './electron.ts';

let scene: Scene;
let window: OpenWindow;
let page: Page;
const out = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-out-'));

async function open(): Promise<void> {
  window = await scene.open();
  page = window.page;
  page.setDefaultTimeout(30_000);
}

beforeAll(async () => {
  scene = await makeScene();
  await open();
});
afterAll(async () => {
  await scene?.close();
  rmSync(out, { recursive: true, force: true });
});

const runFolders = () => readdirSync(path.join(scene.library, 'runs')).filter((n) => !n.startsWith('.'));
const runOf = (id: string): Run => JSON.parse(readFileSync(path.join(scene.library, 'runs', id, 'run.json'), 'utf8'));
const openId = () => decodeURIComponent(page.url().split('/runs/')[1]?.split('?')[0] ?? '');
const button = (name: string) => page.getByRole('button', { name, exact: true });
const status = (word: string) => page.locator('header').getByText(word, { exact: true }).waitFor({ timeout: 60_000 });
const stepOf = (id: string): number => runOf(id).progress?.step ?? 0;

/** Lines of a run's file so far. */
const lines = (id: string, file: string): number => {
  const full = path.join(scene.library, 'runs', id, file);
  return existsSync(full) ? readFileSync(full, 'utf8').split('\n').length - 1 : 0;
};

/** A chart in view has drawn points when its summary, which is written from what it draws, speaks of values. */
async function hasPoints(title: string): Promise<void> {
  const chart = page.getByRole('img', { name: title, exact: true });
  await chart.scrollIntoViewIfNeeded();
  await expect
    .poll(() => chart.getAttribute('data-points').then(Number), { timeout: 60_000, message: title })
    .toBeGreaterThan(1);
}

/** Tiny and long enough to be met: about 10 ms a step. */
const tiny = (name: string, more = '') => `version: 1
name: ${name}
data: {dataset: mnist, train_limit: 2048, val_limit: 256}
model: {embed_dim: 16, depth: 3, num_heads: 2}
train: {batch_size: 32, max_steps: 1200, checkpoint_every_steps: 50, eval_every_epochs: 1}
probe: {images: 32, every_steps: 50}
optim: {warmup_epochs: 0}
${more}`;

async function startFromText(recipe: string): Promise<string> {
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await button('New run').first().click();
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(recipe);
  await button('Start training').click();
  await page.waitForURL(/#\/runs\/\d{8}-/);
  return openId();
}

describe.sequential('from the first start on', () => {
  let example = '';

  test('an empty library offers the example, and its charts fill while it trains', async () => {
    await button('Train the example').click();
    await page.waitForURL(/#\/runs\/\d{8}-/);
    example = openId();
    expect(runFolders()).toEqual([example]);
    await status('running');
    for (const chart of ['Loss', 'Learning rate', 'Throughput', 'Similarity over layers', 'Similarity heatmap'])
      await hasPoints(chart);
  });

  test('Pause stands still, Resume goes on, Stop saves a checkpoint', async () => {
    await button('Pause').click();
    await status('paused');
    const stood = lines(example, 'metrics.jsonl');
    await new Promise((r) => setTimeout(r, 700));
    expect(lines(example, 'metrics.jsonl')).toBe(stood);
    await button('Resume').click();
    await status('running');
    await expect.poll(() => lines(example, 'metrics.jsonl'), { timeout: 20_000 }).toBeGreaterThan(stood);
    await button('Stop').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await status('stopped');
    expect(runOf(example).status).toBe('stopped');
    await page.getByRole('tab', { name: 'Checkpoints' }).click();
    await page
      .getByRole('cell', { name: String(stepOf(example)), exact: true })
      .first()
      .waitFor();
  });

  test('closing the window in the middle of a run asks, saves, and the next start goes on from there', async () => {
    await button('Resume').click();
    await status('running');
    const before = stepOf(example);
    await window.app.evaluate(({ dialog }) => {
      dialog.showMessageBox = async () => ({ response: 0, checkboxChecked: false });
    });
    const closed = window.app.waitForEvent('close');
    await page.evaluate(() => globalThis.close());
    await closed;
    expect(runOf(example).status).toBe('interrupted');
    await open();
    await page.getByRole('link', { name: 'example' }).first().click();
    await status('interrupted');
    await hasPoints('Loss');
    await button('Resume').click();
    await status('running');
    await expect.poll(() => stepOf(example), { timeout: 30_000 }).toBeGreaterThan(before);
    await button('Stop').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await status('stopped');
  });

  test('a broken recipe is refused at its field', async () => {
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await button('New run').first().click();
    const width = page.locator('[data-field="model.embed_dim"] input');
    await width.fill('65');
    await page
      .locator('[data-field="model.embed_dim"]')
      .getByText('65 is not divisible by model.num_heads (4)')
      .waitFor();
    await expect.poll(() => width.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => button('Start training').isEnabled()).toBe(false);
    await width.fill('64');
    await expect.poll(() => button('Start training').isEnabled()).toBe(true);
    expect(runFolders()).toEqual([example]);
  });

  const compared: string[] = [];
  test('a worker that is killed from outside: the reason is shown, and the run goes on from its checkpoint', async () => {
    const id = await startFromText(tiny('killed'));
    await status('running');
    await expect.poll(() => lines(id, 'checkpoints/index.json'), { timeout: 60_000 }).toBeGreaterThan(0);
    const owner = JSON.parse(readFileSync(path.join(scene.library, 'runs', id, 'owner.json'), 'utf8'));
    process.kill(owner.pid, 'SIGKILL');
    await status('interrupted');
    await page
      .getByText(/killed by SIGKILL/)
      .first()
      .waitFor();
    await button('Resume').click();
    await status('running');
    await expect
      .poll(() => readFileSync(path.join(scene.library, 'runs', id, 'metrics.jsonl'), 'utf8'))
      .toContain('resumed_from');
    await status('done');
    compared.push(id);
  });

  test('two runs compared, and their report says what their folders say', async () => {
    const id = await startFromText(tiny('plain', 'losses: {patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0}'));
    await status('done');
    compared.push(id);
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    for (const name of ['killed', 'plain'])
      await page
        .getByRole('row', { name: new RegExp(name) })
        .getByRole('checkbox')
        .check();
    await button('Compare').click();
    await page.waitForURL(/#\/compare/);
    for (const chart of ['Loss', 'Accuracy', 'Similarity over layers']) await hasPoints(chart);
    await page.getByRole('row', { name: /patch_cosine/ }).waitFor();

    const file = path.join(out, 'report.html');
    await window.app.evaluate(({ dialog }, to) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath: to });
    }, file);
    await button('Export report').click();
    await page.getByRole('dialog').getByRole('button', { name: /^Save/ }).click();
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);

    const browser = await openBrowser(`file://${file}`, { display: scene.display, profile: path.join(out, 'profile') });
    const text = (await browser.page.locator('body').textContent()) ?? '';
    for (const run of compared.map(runOf)) {
      const { best_top1, last_layer_similarity } = run.summary;
      expect(text).toContain(Number(best_top1).toFixed(2));
      expect(text).toContain(Number(last_layer_similarity.norm).toFixed(3));
    }
    expect(await browser.page.locator('svg').count()).toBeGreaterThan(3);
    expect(browser.output()).not.toContain('refused:');
    await browser.end();
  });
});
