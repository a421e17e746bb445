// A checkpoint of timm dropped on the real window: read, its heads given, its other weights taken, diagnosed, converted, fine-tuned from,
// moved away and forgotten.
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropOn, makeScene, type OpenWindow, type Scene } from './electron.ts';

let scene: Scene;
let window: OpenWindow;
let page: Page;
const outside = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-weights-'));
const file = path.join(outside, 'deit.pth');
const converted = path.join(outside, 'converted.safetensors');

beforeAll(async () => {
  copyFileSync(path.join(import.meta.dirname, '..', 'fixtures', 'layouts', 'timm-vit.pth'), file);
  scene = await makeScene();
  window = await scene.open();
  page = window.page;
  page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  await scene?.close();
  rmSync(outside, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const details = () => page.getByRole('complementary', { name: 'deit' });

test('a file that is dropped is read and opened; it asks for what it does not say', async () => {
  await page.getByRole('link', { name: 'Checkpoints', exact: true }).click();
  await page.getByText('No checkpoints yet').waitFor();
  await dropOn(window, file);
  await details().getByText('the number of heads is not in the file').waitFor();
  await details().getByLabel('Heads').fill('4');
  await details().getByRole('button', { name: 'Use', exact: true }).click();
  await details().getByText('the number of heads is not in the file').waitFor({ state: 'detached' });
  await details().getByText('num_heads').waitFor();
  await details().getByLabel('Weights').selectOption('model_ema');
  await details().getByText('took the weights "model_ema"').waitFor();
});

test('its tensors have norms, and it is diagnosed with what was chosen', async () => {
  await details()
    .getByRole('tab', { name: /Tensors/ })
    .click();
  await details().getByText('blocks.0.attn.proj.weight').waitFor();
  await details().getByRole('button', { name: 'Norms', exact: true }).click();
  await details().getByRole('columnheader', { name: 'Norm' }).waitFor();

  await button('Diagnose').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Images', { exact: true }).fill('8');
  await dialog.getByRole('button', { name: 'Diagnose', exact: true }).click();
  await details()
    .getByText(/8 images · tap norm · weights model_ema · 4 heads/)
    .first()
    .waitFor({ timeout: 30_000 });
  const row = page.getByRole('row').filter({ hasText: 'deit' });
  await expect.poll(() => row.getByRole('cell').last().textContent()).toMatch(/^\s*0\.\d+\s*$/);
});

test('converted where the dialog says; fine-tuning opens a recipe of its model', async () => {
  await window.app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = async () => ({ canceled: false, filePath });
  }, converted);
  await button('Convert…').click();
  await page.getByText('Saved as converted.safetensors').waitFor();
  expect(existsSync(converted)).toBe(true);

  await details().getByRole('tab', { name: 'Model' }).click();
  await details().getByLabel('Weights').selectOption('model');
  await details().getByText('took the weights "model"').waitFor();
  await button('Fine-tune from').click();
  const yaml = page.getByRole('textbox', { name: 'Recipe as YAML' });
  await expect.poll(() => yaml.inputValue()).toContain(`init: ${file}`);
  expect(await yaml.inputValue()).toMatch(/embed_dim: 16[\s\S]*img_size: 8/);
  await page.getByRole('group', { name: 'Checkpoint deit.pth' }).getByText('width 16, depth 2').waitFor();
});

test('moved away it says so; forgotten, the files stay', async () => {
  renameSync(file, `${file}.moved`);
  await page.getByRole('link', { name: 'Checkpoints', exact: true }).click();
  await page.getByText('missing', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Details of deit' }).click();
  await details().getByText('it was moved or removed').waitFor();
  await button('Remove').click();
  await page.getByText('No checkpoints yet').waitFor();
  expect(existsSync(`${file}.moved`)).toBe(true);
});
