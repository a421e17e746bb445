// A training whose disk runs full, really: it pauses and says so, and goes on by itself when there is room.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RecipeInput } from '../../contract/recipe.ts';
import { readMetrics } from '../../main/runs/series.ts';
import { checkpointsOf } from '../../main/runs/view.ts';
import { startCli, until } from './cli.ts';

const steps = 40;
const recipe: RecipeInput = {
  engine: 'wasm',
  model: { depth: 1, embed_dim: 8, num_heads: 2, patch_size: 14 },
  train: {
    batch_size: 4,
    max_steps: steps,
    checkpoint_every_steps: 4,
    checkpoint_every_epochs: null,
    keep_checkpoints: 2,
  },
  data: { train_limit: 64, val_limit: 16 },
  probe: { images: 4, every_steps: 20, every_epochs: null },
};

it('pauses a run on a full disk and lets it go on when there is room', async ({ skip }) => {
  const disk = mkdtempSync(join(tmpdir(), 'small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    rmSync(disk, { recursive: true });
    skip('needs root on Linux and the right to mount a tmpfs');
  }
  const outside = mkdtempSync(join(tmpdir(), 'disk-full-'));
  try {
    const file = join(outside, 'recipe.yaml');
    writeFileSync(file, stringify(recipe));
    const started = startCli(['train', file, '--runs', disk], { UNSMOOTH_LIBRARY: outside });
    let heard = '';
    started.child.stderr?.on('data', (text: string) => {
      heard += text;
    });
    const ballast = join(disk, 'ballast');
    await until(() => heard.includes('running'));
    expect(() => writeFileSync(ballast, Buffer.alloc(2 ** 20))).toThrow('ENOSPC');
    await until(() => /paused.*disk is full/i.test(heard) || started.child.exitCode !== null);
    expect(started.child.exitCode).toBeNull();
    rmSync(ballast);
    const ended = await started.ended;
    expect(ended.stderr).toMatch(/^paused: .*disk is full.*\n(.*\n)*running$/im);
    expect(ended.code).toBe(0);
    const dir = join(disk, readdirSync(disk).find((name) => name !== 'ballast') ?? '');
    const { lines, broken } = readMetrics(dir);
    expect([lines.map((l) => l.step), broken]).toEqual([Array.from({ length: steps }, (_, i) => i + 1), 0]);
    expect(checkpointsOf(dir).at(-1)?.step).toBe(steps);
  } finally {
    execFileSync('umount', [disk]);
    for (const d of [disk, outside]) rmSync(d, { recursive: true, force: true });
  }
});
