// A report of runs written by hand: self-contained, everything escaped, the same numbers in HTML and JSON.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe, type RecipeInput } from '../../contract/recipe.ts';
import { compare } from '../../main/reports/compare.ts';
import { reportFormatsOf, writeReport } from '../../main/reports/write.ts';
import { readableRun } from '../../main/runs/find.ts';
import { tinyRun } from './run-folder.fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'report-'));
  writeRun('20260101-000000-plain', { name: 'plain', losses: { patch_cosine: 0 } }, 0.6);
  writeRun('20260102-000000-nasty', { name: '<script>alert("x")</script> & co', seed: 3 }, 0.2);
});
afterAll(() => rmSync(folder, { recursive: true }));

const runs = () => path.join(folder, 'runs');

/** 40 steps with a resume in between, probes at 0, 20 and 40 whose similarity goes towards `similarity`. */
function writeRun(id: string, input: RecipeInput, similarity: number): void {
  const dir = path.join(runs(), id);
  mkdirSync(dir, { recursive: true });
  const recipe = parseRecipe(input);
  const jsonl = (name: string, lines: readonly object[], tail = '') =>
    writeFileSync(path.join(dir, name), lines.map((l) => `${JSON.stringify(l)}\n`).join('') + tail);
  const summary = { ...tinyRun().summary, best_top1: 71.25, last_layer_similarity: { norm: similarity, block: 0.9 } };
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...tinyRun(), id, status: 'done', recipe, summary }));
  const step = (n: number, loss: number) => ({
    step: n,
    epoch: n / 20,
    wall: n,
    'train/loss': loss,
    'train/loss_ce': loss,
    'optim/lr': 1e-3,
  });
  const steps = Array.from({ length: 40 }, (_, i) => step(i + 1, 3 - i / 20));
  const val = { ...step(20, 2), 'val/top1': 71.25, 'val/loss': 0.9 };
  jsonl('metrics.jsonl', [...steps.slice(0, 30), { resumed_from: 19 }, val, ...steps.slice(20)], '{"step": 41, "epo');
  const probe = (n: number, tap: string) => {
    const values = [0.1, (similarity * n) / 40];
    const metrics = { cos_abs: values, cos: values, hfc: values.map((v) => 1 - v) };
    return { step: n, epoch: n / 20, probe: { split: 'val', images: 8 }, tap, tokens: 'patches', metrics, spread: {} };
  };
  jsonl(
    'layers.jsonl',
    [0, 20, 40].flatMap((n) => [probe(n, 'block'), probe(n, 'norm')]),
  );
}

function report(names: readonly string[]): { html: string; json: Report } {
  const out = path.join(folder, `out-${names.join('-')}`);
  const files = writeReport(
    names.map((n) => readableRun(runs(), n)),
    ['html', 'json'],
    out,
  );
  const [html = '', json = ''] = files.map((f) => readFileSync(f, 'utf8'));
  return { html, json: JSON.parse(json) };
}
interface Report {
  definitions: { metrics: { id: string; floor: string }[] };
  recipe_diff: { field: string; values: unknown[] }[];
  runs: { id: string; floors: Record<string, number | null>; metrics: { step: number }[]; unreadable_lines: number }[];
}

describe('HTML', () => {
  test('refers to nothing outside itself', () => {
    const { html } = report(['plain', 'nasty']);
    const outside = [...html.matchAll(/(?:src|href|xlink:href|action|data)="([^"]*)"/g)].map((m) => m[1] ?? '');
    expect(outside.every((target) => target.startsWith('#'))).toBe(true);
    expect(html).not.toMatch(/@import|url\(|<link|<iframe|<img|<object/);
    expect(html).toContain('http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;');
  });

  test('escapes every text of the user', () => {
    const { html } = report(['plain', 'nasty']);
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; co');
  });

  test('has each chart as a named image with its data as a table', () => {
    const { html } = report(['plain', 'nasty']);
    const titles = [...html.matchAll(/role="img" aria-label="([^"]*)"/g)].map((m) => m[1]);
    for (const title of ['Loss', 'Accuracy', 'Similarity over layers: cos_abs, tap norm', 'Learning rate'])
      expect(titles).toContain(title);
    expect(titles.filter((t) => t?.startsWith('Similarity heatmap'))).toHaveLength(4);
    expect(html.match(/<figure>/g)).toHaveLength(titles.length);
    expect(html.match(/<details><summary>Data<\/summary>/g)).toHaveLength(titles.length);
  });

  test('sets accuracy against similarity where there are two runs to tell apart', () => {
    const { html } = report(['plain', 'nasty']);
    const from = html.indexOf('aria-label="Accuracy against similarity"');
    const figure = html.slice(from, html.indexOf('</figure>', from));
    expect(figure.match(/<circle/g)).toHaveLength(2);
    const cells = [...figure.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map((m) => m[1]);
    expect(cells.filter((c) => /^[0-9.]+( %)?$/.test(c ?? ''))).toEqual(['0.6000', '71.25 %', '0.2000', '71.25 %']);
    expect(report(['plain']).html).not.toContain('Accuracy against similarity');
  });

  test('draws the random floor and the initialisation, and states what repeats it', () => {
    const { html } = report(['nasty']);
    expect(html).toContain('random tokens, width 64: 0.0997');
    expect(html).toContain('step 0 (initialisation)');
    const { dataset, engine, versions } = readableRun(runs(), 'nasty').run;
    for (const fact of [dataset?.fingerprint, engine?.version, ...Object.values(versions), 'sqrt(2/(π D))', 'seed: 3'])
      if (fact) expect(html).toContain(fact);
    expect(html).toContain('Lower similarity is not better by itself');
    expect(html).not.toMatch(/undefined|\[object|NaN/);
  });

  test('two runs side by side show what differs in their recipes', () => {
    const { html } = report(['plain', 'nasty']);
    const differs = html.slice(html.indexOf('id="differences"'), html.indexOf('id="training"'));
    expect([...differs.matchAll(/scope="row">([^<]*)/g)].map((m) => m[1])).toEqual(['seed', 'losses.patch_cosine']);
  });
});

describe('JSON', () => {
  test('has the same runs, every step once, floors and definitions', () => {
    const { json } = report(['plain', 'nasty']);
    expect(json.runs.map((r) => r.id)).toEqual(['20260101-000000-plain', '20260102-000000-nasty']);
    for (const run of json.runs) {
      expect(run.metrics.map((l) => l.step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      expect(run.unreadable_lines).toBe(1);
      expect(run.floors.cos_abs).toBeCloseTo(Math.sqrt(2 / (Math.PI * 64)), 12);
    }
    expect(json.recipe_diff.map((d) => d.field)).toEqual(['seed', 'losses.patch_cosine']);
    expect(json.definitions.metrics.map((m) => m.id).toSorted()).toEqual(['cos', 'cos_abs', 'hfc']);
  });
});

test('a comparison takes runs and diagnose files', () => {
  const file = path.join(folder, 'other.json');
  const diagnosis = { definition: 'd', tap: 'norm', tokens: 'patches', images: 8, metrics: { cos_abs: [0.3, 'NaN'] } };
  writeFileSync(file, JSON.stringify(diagnosis));
  const { items, recipe_diff } = compare(['plain', file, 'nasty'], runs());
  expect(items.map((i) => [i.kind, i.layers.cos_abs?.norm?.[1]])).toEqual([
    ['run', 0.6],
    ['diagnosis', Number.NaN],
    ['run', 0.2],
  ]);
  expect(recipe_diff.map((d) => d.field)).toEqual(['seed', 'losses.patch_cosine']);
  writeFileSync(file, '{"tap": "norm"}');
  expect(() => compare(['plain', file], runs())).toThrow(/not a result of diagnose: definition/);
});

test('formats', () => {
  expect(reportFormatsOf('html, json')).toEqual(['html', 'json']);
  expect(() => reportFormatsOf('pdf')).toThrow(UnsmoothError);
});
