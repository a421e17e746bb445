// The weights of a run of ours are timm's: loaded strictly, they give the logits that `unsmooth forward` gives.
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyedRandom } from '../../core/random.ts';
import { checkpointsOf } from '../../main/runs/view.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { runScript } from './python.ts';
import { type TinyLibrary, tinyLibrary } from './tiny-run.ts';

const depth = 3;
const [batch, side] = [4, 28];

let library: TinyLibrary;
let weights = '';
beforeAll(async () => {
  library = tinyLibrary();
  const { code, stdout, stderr } = await library.train({
    engine: 'cpu',
    threads: 1,
    model: { depth, embed_dim: 32, num_heads: 4, mlp_ratio: 3 },
    optim: { lr: 5e-3, warmup_epochs: 0 },
    train: { batch_size: 16, max_steps: 60 },
    data: { train_limit: 512, val_limit: 64 },
    probe: { images: 8 },
  }).ended;
  expect(code, stderr).toBe(0);
  const { dir } = JSON.parse(stdout);
  weights = path.join(dir, 'checkpoints', checkpointsOf(dir).at(-1)?.weights ?? '');
});
afterAll(() => library.remove());

test('timm loads the weights of a run strictly, with the configuration in their metadata', async () => {
  const found = JSON.parse(await runScript('check_timm.py', weights));
  expect(found).toMatchObject({
    tensors: 4 + 12 * depth + 4,
    config: {
      img_size: side,
      patch_size: 7,
      in_chans: 1,
      num_classes: 10,
      embed_dim: 32,
      depth,
      num_heads: 4,
      mlp_ratio: 3,
    },
  });
});

test('timm gives the logits of `unsmooth forward`', async () => {
  const random = keyedRandom(0, 99, 0, 0);
  const images = {
    dtype: 'F32' as const,
    shape: [batch, 1, side, side],
    data: Float32Array.from({ length: batch * side * side }, () => random.normal()),
  };
  const [input, out, both] = ['input', 'out', 'both'].map((n) => path.join(library.folder, `${n}.safetensors`));
  writeSafetensors(input!, { images }, {});
  const { code, stderr } = await library.cli(['forward', weights, '--input', input!, '--out', out!]);
  expect(code, stderr).toBe(0);
  const file = readSafetensors(out!);
  const logits = { dtype: 'F32' as const, shape: file.tensors.get('logits')!.shape, data: file.readFloat32('logits') };
  file.close();
  expect(logits.shape).toEqual([batch, 10]);
  writeSafetensors(both!, { images, logits }, {});
  const found = JSON.parse(await runScript('check_timm.py', weights, both!));
  expect(found.logits_error).toBeLessThan(1e-5);
});
