// Peak memory of a short training on 200,000 images beside one on 2,000: what a run needs must not grow with its dataset.
//   node tests/bench/memory-data.ts
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { stringify } from 'yaml';
import type { RecipeInput } from '../../contract/recipe.ts';

const root = path.dirname(path.dirname(import.meta.dirname));
const classes = 20;
const folder = mkdtempSync(path.join(tmpdir(), 'memory-'));

/** train/<class>/<n>.jpg: links to a few files, new ones where the file system allows no more. */
async function images(name: string, count: number): Promise<string> {
  const at = path.join(folder, name);
  const bytes = await sharp({ create: { width: 48, height: 40, channels: 3, background: '#7a4' } })
    .jpeg()
    .toBuffer();
  let source = '';
  for (let i = 0; i < count; i++) {
    const to = path.join(at, 'train', `class-${String(i % classes).padStart(2, '0')}`);
    if (i < classes) mkdirSync(to, { recursive: true });
    const file = path.join(to, `image-${String(i).padStart(7, '0')}.jpg`);
    if (i % 20_000 === 0) {
      source = file;
      writeFileSync(file, bytes);
    } else linkSync(source, file);
  }
  return at;
}

const recipe = (at: string): RecipeInput => ({
  name: 'memory',
  engine: 'cpu',
  threads: 1,
  data: {
    path: at,
    dataset: null,
    val_share: 0.1,
    val_limit: 100,
    img_size: 32,
    workers: 2,
    mean: [0.5, 0.5, 0.5],
    std: [0.2, 0.2, 0.2],
  },
  model: { patch_size: 8, embed_dim: 32, depth: 2, num_heads: 2 },
  augment: { train_crop_mode: 'rrc', aa: 'rand-m9-mstd0.5-inc1' },
  train: { batch_size: 32, max_steps: 50, checkpoint_every_epochs: null, log_every_steps: 10 },
  probe: { images: 16, every_steps: 25 },
});

/** Largest resident set of the worker while it trains, in MB. */
async function peak(at: string): Promise<number> {
  const file = path.join(folder, `${path.basename(at)}.yaml`);
  writeFileSync(file, stringify(recipe(at)));
  const args = [path.join(root, 'dist', 'cli.cjs'), 'train', file, '--runs', path.join(at, 'runs'), '--json'];
  const env = { ...process.env, UNSMOOTH_LIBRARY: path.join(folder, 'library') };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let most = 0;
  const look = setInterval(() => {
    for (const pid of childrenOf(child.pid ?? 0)) most = Math.max(most, highWater(pid));
  }, 50);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`the training on ${at} ended with code ${code}`);
  return most / 1024;
}

function childrenOf(pid: number): number[] {
  return readOrNothing(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}
const highWater = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0);
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process is gone
  }
}

try {
  const few = await peak(await images('few', 2000));
  const many = await peak(await images('many', 200_000));
  const rounded = (x: number) => Math.round(x);
  console.log(`peak resident memory of the worker: ${rounded(few)} MB on 2,000 images, ${rounded(many)} MB on 200,000`);
  console.log(`difference: ${rounded(many - few)} MB (target: at most 200)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
