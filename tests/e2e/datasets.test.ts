// A folder of images dropped on the real window: named, read, its thumbnails seen, its broken files listed, trained on.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawPictures } from '../pictures.ts';
import { dropOn, makeScene, type OpenWindow, type Scene } from './electron.ts';

let scene: Scene;
let window: OpenWindow;
let page: Page;
let broken: string[];
const outside = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-data-'));
const folder = path.join(outside, 'shapes');

beforeAll(async () => {
  [scene, broken] = await Promise.all([makeScene(), drawPictures(folder, 12)]);
  window = await scene.open();
  page = window.page;
  page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  await scene?.close();
  rmSync(outside, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });

test('a folder that is dropped is added, and what is broken in it is listed by path', async () => {
  await page.getByRole('link', { name: 'Datasets', exact: true }).click();
  await page.getByRole('button', { name: /^mnist/ }).waitFor();
  await dropOn(window, folder);
  const dialog = page.getByRole('dialog');
  await expect.poll(() => dialog.getByLabel('Folder or file').inputValue()).toBe(folder);
  expect(await dialog.getByLabel('Name').inputValue()).toBe('shapes');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();

  await page.getByText('image folder: train/ holds 3 class folders').waitFor();
  const problems = page.getByRole('group', { name: 'Problems by path' });
  for (const file of broken) await problems.getByText(file).waitFor();
  await page.getByText(/of \d+ images/).waitFor();
  const saved = JSON.parse(readFileSync(path.join(scene.library, 'datasets', 'shapes.json'), 'utf8'));
  expect(saved).toMatchObject({ kind: 'imagefolder', detected: true, path: folder, findings: { problemCount: 2 } });
});

test('its images are seen in colour, with their classes', async () => {
  const first = page.getByRole('listitem', { name: 'Image 0, class bubbles' });
  await first.waitFor();
  const colours = await first.locator('canvas').evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const data = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    const seen = new Set<number>();
    for (let i = 0; i < data.length; i += 4) seen.add(((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!) >>> 0);
    return { width, height, colours: [...seen].filter((c) => c >> 16 !== (c & 255)).length };
  });
  expect(colours).toMatchObject({ width: 96, height: 96 });
  expect(colours.colours).toBeGreaterThan(20);
});

test('Train on it fits a recipe to it; removed, its files stay', async () => {
  await page.getByRole('link', { name: 'Train on it' }).click();
  const yaml = page.getByRole('textbox', { name: 'Recipe as YAML' });
  await expect.poll(() => yaml.inputValue()).toContain('dataset: shapes');
  expect(await yaml.inputValue()).toMatch(/val_split: val/);
  await page.getByRole('group', { name: 'Dataset shapes' }).getByText('3 classes, colour').waitFor();
  expect(await page.locator('[data-field] .problem').count()).toBe(0);

  await page.getByRole('link', { name: 'Datasets', exact: true }).click();
  await page.getByRole('button', { name: /^shapes/ }).click();
  await button('Remove').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect.poll(() => page.getByRole('button', { name: /^shapes/ }).count()).toBe(0);
  expect(existsSync(broken[0] ?? '')).toBe(true);
});
