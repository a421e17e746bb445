// A training on a folder of JPEGs, through the command line: the same weights for every number of loader threads, and after a kill and
// a resume; a broken image ends it or is skipped and counted.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { RecipeInput } from '../../contract/recipe.ts';
import { engineFolder, engineStatus } from '../../main/engines/index.ts';
import { readMetrics } from '../../main/runs/series.ts';
import { checkpointsOf } from '../../main/runs/view.ts';
import { cli, startCli, until } from './cli.ts';
import { writeImages } from './loader-images.ts';

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;

let folder = '';
let env: Record<string, string> = {};
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'train-images-'));
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache };
  await writeImages(path.join(folder, 'images'), 40, 10);
  const recipe: RecipeInput = {
    name: 'images',
    threads: 1,
    engine: 'cpu',
    data: {
      path: path.join(folder, 'images'),
      dataset: null,
      val_split: 'val',
      img_size: 16,
      mean: [0.5, 0.5, 0.5],
      std: [0.2, 0.2, 0.2],
    },
    model: { patch_size: 4, depth: 2, embed_dim: 16, num_heads: 2, drop_path: 0.1 },
    augment: { train_crop_mode: 'rrc', hflip: 0.5, aa: 'rand-m9-mstd0.5-inc1', reprob: 0.5, mixup: 0.8, cutmix: 1 },
    train: { batch_size: 8, max_steps: 60, checkpoint_every_steps: 20, checkpoint_every_epochs: null },
    probe: { images: 4, every_steps: 30, every_epochs: null },
  };
  writeFileSync(path.join(folder, 'recipe.yaml'), stringify(recipe));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const argumentsOf = (name: string, ...set: string[]) => [
  'train',
  path.join(folder, 'recipe.yaml'),
  '--runs',
  path.join(folder, name),
  '--json',
  ...set.flatMap((s) => ['--set', s]),
];
/** Weights of the last checkpoint, as bytes. */
function weights(dir: string): Buffer {
  const last = checkpointsOf(dir).at(-1);
  expect(last?.step).toBe(60);
  return readFileSync(path.join(dir, 'checkpoints', last?.weights ?? ''));
}

describe.skipIf(missing !== '')(`training on images${missing}`, { timeout: 180_000 }, () => {
  let reference: Buffer;
  beforeAll(async () => {
    const { code, stdout, stderr } = await cli(argumentsOf('none', 'data.workers=0'), env);
    expect(code, stderr).toBe(0);
    reference = weights(JSON.parse(stdout).dir);
  });

  test('gives the same weights with three loader threads', async () => {
    const { code, stdout, stderr } = await cli(argumentsOf('three', 'data.workers=3'), env);
    expect(code, stderr).toBe(0);
    expect(weights(JSON.parse(stdout).dir).equals(reference)).toBe(true);
  });

  test('killed with its thread and resumed, ends where it would have, and leaves no process', async () => {
    const started = startCli(argumentsOf('killed', 'data.workers=1'), env);
    const runs = path.join(folder, 'killed');
    const dir = () => {
      const [id = ''] = readdirSync(runs).filter((d) => !d.startsWith('.'));
      return path.join(runs, id);
    };
    await until(() => {
      try {
        return (readMetrics(dir()).lines.at(-1)?.step ?? 0) >= 25;
      } catch {
        return false; // not begun yet
      }
    });
    const { pid } = JSON.parse(readFileSync(path.join(dir(), 'owner.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect((await started.ended).code).toBe(1);
    expect(() => process.kill(pid, 0)).toThrow();
    const { code, stderr } = await cli(['resume', dir(), '--json'], env);
    expect(code, stderr).toBe(0);
    expect(weights(dir()).equals(reference)).toBe(true);
  });

  test('meets a broken image: fails naming it, or skips and counts it', async () => {
    const broken = path.join(folder, 'broken');
    await writeImages(broken, 40, 10);
    truncateSync(path.join(broken, 'train/even/004.jpg'), 200);
    const at = [`data.path=${broken}`, 'data.workers=2', 'train.max_steps=8'];
    const stopped = await cli(argumentsOf('stopped', ...at), env);
    expect(stopped.stderr).toMatch(/^unsmooth: \[DATASET_INVALID\] .*even\/004\.jpg: the image cannot be decoded/m);
    const skipped = await cli(argumentsOf('skipped', ...at, 'data.on_broken=skip'), env);
    expect(skipped.code, skipped.stderr).toBe(0);
    const { run, dir } = JSON.parse(skipped.stdout);
    expect(run.summary.broken_images).toBe(1);
    const log = readFileSync(path.join(dir, 'log.txt'), 'utf8');
    expect(log.match(/skipped a broken image: .*004\.jpg/g)).toHaveLength(1);
  });
});
