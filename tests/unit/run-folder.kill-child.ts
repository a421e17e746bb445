// Trains nothing, as fast as it can: appends, updates, checkpoints, until it is killed. argv: folder.
import { existsSync } from 'node:fs';
import { RunFolder } from '../../native-worker/run-folder/run-folder.ts';
import { tinyCheckpoint, tinyRun } from './run-folder.fixtures.ts';

const dir = process.argv[2] ?? '';
const fresh = !existsSync(`${dir}/run.json`);
const folder = fresh ? RunFolder.create(dir, tinyRun(), 'version: 1\n') : RunFolder.resume(dir);
let step = folder.latestCheckpoint()?.entry.step ?? 0;
if (!fresh) folder.resumedFrom(step);
process.stdout.write('ready\n');
for (;;) {
  step++;
  folder.appendMetrics({ step, epoch: 0, wall: 0, 'train/loss': 1 / step });
  folder.updateRun({ progress: { step, steps: 10_000, epoch: 0, steps_per_epoch: 10_000 } });
  folder.saveCheckpoint(tinyCheckpoint(step, { 'val/top1': step === 3 ? 0.9 : 0.1 }));
  process.stdout.write(`${step}\n`);
}
