// A library as a year of work leaves it: many runs, some of them long. Written by hand, since nobody waits for two million steps.
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { parseRecipe } from '../../contract/recipe.ts';
import { tinyRun } from '../unit/run-folder.fixtures.ts';

const noise = (i: number) => Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453);

/** One line as a training logs it, about 200 bytes. */
export const metricsLine = (step: number, seed: number): string => {
  const loss = 2.3 * Math.exp(-step / 20_000) + 0.1 * noise(step + seed) + 0.05 * seed;
  return `${JSON.stringify({
    step,
    epoch: step / 1000,
    wall: step * 0.08,
    'train/loss': loss,
    'train/loss_ce': 0.7 * loss,
    'train/top1': 100 * (1 - loss / 3),
    'optim/lr': 1e-3 * (1 - step / 200_000),
    'perf/images_per_s': 800 + 50 * noise(step * 3 + seed),
  })}\n`;
};

const layersLine = (step: number, seed: number, tap: string): string => {
  const values = Array.from({ length: 13 }, (_, l) => 0.2 + (0.05 + 0.001 * seed) * l * Math.min(1, step / 50_000));
  const metrics = { cos: values, cos_abs: values, hfc: values.map((v) => 1 - v) };
  return `${JSON.stringify({ step, epoch: step / 1000, probe: { split: 'val', images: 256 }, tap, tokens: 'patches', metrics, spread: {} })}\n`;
};

/** A run folder with `steps` lines; returns it. */
export function writeRun(library: string, n: number, steps: number, status: 'done' | 'running' = 'done'): string {
  const id = `2026${String(1 + (n % 12)).padStart(2, '0')}${String(1 + (n % 28)).padStart(2, '0')}-${String(100_000 + n)}-run-${n}`;
  const dir = path.join(library, 'runs', id);
  mkdirSync(path.join(dir, 'checkpoints'), { recursive: true });
  const recipe = parseRecipe({ name: `run-${n}`, seed: n, losses: { patch_cosine: n % 2 } });
  const summary = {
    ...tinyRun().summary,
    best_top1: 90 + (n % 90) / 10,
    last_layer_similarity: { norm: (n % 100) / 100 },
  };
  const progress = { step: steps, steps, epoch: steps / 1000, steps_per_epoch: 1000 };
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify({ ...tinyRun(), id, status, recipe, summary, progress }));
  const file = openSync(path.join(dir, 'metrics.jsonl'), 'w');
  for (let from = 1; from <= steps; from += 1000) {
    let text = '';
    for (let step = from; step < from + 1000 && step <= steps; step++) text += metricsLine(step, n);
    writeSync(file, text);
  }
  closeSync(file);
  for (let p = 0; p <= 100; p++)
    for (const tap of ['block', 'norm'])
      appendFileSync(path.join(dir, 'layers.jsonl'), layersLine((p * steps) / 100, n, tap));
  return dir;
}

/** Makes this process the owner of a run, so that it counts as alive. */
export function ownRun(dir: string): void {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const process_start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const host = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
  writeFileSync(
    path.join(dir, 'owner.json'),
    JSON.stringify({ version: 1, pid: process.pid, process_start, boot_id, host, attempt: 1 }),
  );
}
