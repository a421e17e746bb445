// check_tensorboard.py reads what TensorBoard's own writer wrote, so that a difference in our files is ours.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from './python.ts';

test('reads scalars of two event files as one series', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-events-'));
  try {
    await runScript('write_events.py', folder);
    const found = JSON.parse(await runScript('check_tensorboard.py', folder));
    expect(found).toEqual({
      'train/loss': [
        [1, 3],
        [2, 2.5],
        [3, 'NaN'],
      ],
    });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
