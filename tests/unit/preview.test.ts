// A first look at a long run: logged points from all over its file, the first and the last among them, whatever lies between.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { previewCurves } from '../../main/runs/preview.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'unsmooth-preview-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const line = (step: number) =>
  `${JSON.stringify({ step, epoch: step / 100, wall: step * 0.5, 'train/loss': 1 / step, 'optim/lr': 0.1 })}\n`;
const write = (from: number, to: number) => {
  let text = '';
  for (let step = from; step <= to; step++) text += line(step);
  appendFileSync(path.join(dir, 'metrics.jsonl'), text);
};

test('of a long file it is a thin, even and true part, from the first step to the last', () => {
  write(1, 20_000);
  const { 'train/loss': loss, ...rest } = previewCurves(dir, ['train/loss', 'val/top1']);
  expect(rest).toEqual({});
  const steps = [...(loss?.step ?? [])];
  expect(steps[0]).toBe(1);
  expect(steps.at(-1)).toBe(20_000);
  expect(steps.length).toBeGreaterThan(100);
  expect(steps.length).toBeLessThan(200);
  const gaps = steps.slice(1).map((s, i) => s - (steps[i] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(0);
  expect(Math.max(...gaps)).toBeLessThan(400);
  expect(steps.map((s) => 1 / s)).toEqual([...(loss?.value ?? [])]);
  expect(steps.map((s) => s * 0.5)).toEqual([...(loss?.wall ?? [])]);
});

test('a short file is whole, but for a torn last line', () => {
  write(1, 50);
  appendFileSync(path.join(dir, 'metrics.jsonl'), '{"step":51,"epoch":0.51,"wa');
  expect([...(previewCurves(dir, ['train/loss'])['train/loss']?.step ?? [])]).toHaveLength(50);
});

test('a run that was taken up again at an earlier step goes over no step twice', () => {
  write(1, 10_000);
  appendFileSync(path.join(dir, 'metrics.jsonl'), '{"resumed_from":4000}\n');
  write(4001, 12_000);
  const steps = [...(previewCurves(dir, ['train/loss'])['train/loss']?.step ?? [])];
  expect(steps.at(-1)).toBe(12_000);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
});

test('what is no metrics file gives nothing', () => {
  expect(previewCurves(path.join(dir, 'none'), ['train/loss'])).toEqual({});
  writeFileSync(path.join(dir, 'metrics.jsonl'), Buffer.alloc(2_000_000, 0x41));
  expect(previewCurves(dir, ['train/loss'])).toEqual({});
});
