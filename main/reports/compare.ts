// A comparison of runs and of diagnose files as plain data: what they reached, layer by layer, and where their recipes differ.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber, savedNumber } from '../../contract/numbers.ts';
import { probeMetrics, type Tap, taps } from '../../contract/recipe.ts';
import { decodeList } from '../../contract/saved/lines.ts';
import { type Difference, recipeDiff } from '../../core/diff.ts';
import { parseJsonFile } from '../files/json-file.ts';
import { readableRun } from '../runs/find.ts';
import { runRow } from '../runs/summary.ts';
import type { ReadableRun } from '../runs/view.ts';
import { collect, type ReportRun } from './collect.ts';

/** What `diagnose --out` writes, as far as a comparison reads it. */
const diagnosis = z.object({
  definition: z.string(),
  tap: z.enum(taps),
  tokens: z.string(),
  images: z.int(),
  metrics: z.partialRecord(z.enum(probeMetrics), z.array(savedNumber)),
});

export interface Compared {
  kind: 'run' | 'diagnosis';
  name: string;
  /** Folder of the run, or the file. */
  path: string;
  status: string | null;
  step: number | null;
  best_top1: number | null;
  top1: number | null;
  loss: number | null;
  images_per_s: number | null;
  /** metric → tap → value per layer, at the last probe. */
  layers: Partial<Record<string, Partial<Record<Tap, number[]>>>>;
}

export interface Comparison {
  items: Compared[];
  /** Fields in which the runs' recipes differ; values in the order of the runs among the items. */
  recipe_diff: Difference[];
}

/** Throws RUN_NOT_FOUND, INPUT_INVALID, RUN_NEWER. */
export function compare(names: readonly string[], runs: string): Comparison {
  const views: ReadableRun[] = [];
  const found = names.map((name) => {
    if (existsSync(name) && statSync(name).isFile()) return fromDiagnosis(name);
    const view = readableRun(runs, name);
    views.push(view);
    return view;
  });
  const collected = collect(views);
  const items = found.map((f) => ('dir' in f ? fromRun(f, collected[views.indexOf(f)]) : f));
  return { items, recipe_diff: recipeDiff(views.map((v) => v.run.recipe)) };
}

function fromDiagnosis(file: string): Compared {
  const parsed = diagnosis.safeParse(parseJsonFile(file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UnsmoothError(
      'INPUT_INVALID',
      `${file}: not a result of diagnose: ${issue?.path.join('.')}: ${issue?.message}`,
      'Give runs, or files written by `unsmooth diagnose --out`.',
    );
  }
  const { tap, metrics } = parsed.data;
  const layers = Object.fromEntries(Object.entries(metrics).map(([id, v]) => [id, { [tap]: decodeList(v) }]));
  const none = { status: null, step: null, best_top1: null, top1: null, loss: null, images_per_s: null };
  return { kind: 'diagnosis', name: path.basename(file, '.json'), path: path.resolve(file), ...none, layers };
}

function fromRun(view: ReadableRun, run: ReportRun | undefined): Compared {
  const row = runRow(view);
  const { summary } = view.run;
  const layers: Compared['layers'] = {};
  for (const line of run?.layers ?? [])
    for (const [id, values] of Object.entries(line.metrics))
      layers[id] = { ...layers[id], [line.tap]: decodeList(values) };
  return {
    kind: 'run',
    name: run?.name ?? row.name,
    path: view.dir,
    status: view.status,
    step: row.step,
    best_top1: row.best_top1,
    top1: summary['val/top1'] === null ? null : decodeNumber(summary['val/top1']),
    loss: summary['val/loss'] === null ? null : decodeNumber(summary['val/loss']),
    images_per_s: row.images_per_s,
    layers,
  };
}
