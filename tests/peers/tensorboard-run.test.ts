// TensorBoard's own reader on a run folder that was stopped, killed and resumed: every tag, each step once, our values.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeNumber } from '../../contract/numbers.ts';
import { readMetrics } from '../../main/runs/series.ts';
import { until } from '../process/cli.ts';
import { runScript } from './python.ts';
import { type TinyLibrary, tinyLibrary } from './tiny-run.ts';

const steps = 150;

let library: TinyLibrary;
let dir = '';
beforeAll(async () => {
  library = tinyLibrary();
  const { child, ended } = library.train({
    engine: 'cpu',
    threads: 1,
    model: { depth: 2, embed_dim: 16, num_heads: 2 },
    optim: { model_ema: true, model_ema_decay: 0.9, clip_grad: 1 },
    train: { batch_size: 8, max_steps: steps, checkpoint_every_steps: 20, checkpoint_every_epochs: null },
    data: { train_limit: 256, val_limit: 64 },
    probe: { images: 8 },
  });
  const stepsDone = () => (dir ? (readMetrics(dir).lines.at(-1)?.step ?? 0) : 0);
  await until(() => {
    dir = library.runFolder() ?? '';
    return stepsDone() >= 30;
  });
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);

  const stopped = stepsDone();
  const killed = library.cli(['resume', dir]);
  await until(() => stepsDone() >= stopped + 15);
  process.kill(JSON.parse(readFileSync(path.join(dir, 'owner.json'), 'utf8')).pid, 'SIGKILL');
  expect((await killed).code).toBe(1);

  const { code, stderr } = await library.cli(['resume', dir]);
  expect(code, stderr).toBe(0);
});
afterAll(() => library.remove());

test('TensorBoard reads every tag of metrics.jsonl, each step once, with its value', async () => {
  expect(readdirSync(dir).filter((f) => f.startsWith('events.out.tfevents.'))).toHaveLength(3);
  const found: Record<string, [step: number, value: number][]> = JSON.parse(
    await runScript('check_tensorboard.py', dir),
  );
  const { lines } = readMetrics(dir);
  expect(lines.map((l) => l.step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  const expected: typeof found = {};
  for (const { step, epoch: _epoch, wall: _wall, ...tags } of lines)
    for (const [tag, value] of Object.entries(tags)) {
      expected[tag] ??= [];
      expected[tag].push([step, Math.fround(decodeNumber(value))]);
    }
  expect(Object.keys(expected)).toEqual(
    expect.arrayContaining(['train/loss', 'train/loss_patch_mixing', 'optim/grad_norm', 'val/top1', 'val_ema/top1']),
  );
  expect(found).toEqual(expected);
});
