// `unsmooth forward` as a user checks an import: the file it writes against timm and PyTorch in float64.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineStatus } from '../../main/engines/index.ts';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import { writeSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { golden, goldenPath, relativeError } from '../parity/golden.ts';
import { cli } from './cli.ts';

const cpu = engineStatus('cpu');
const missing = cpu.state === 'installed' ? '' : ` (skipped: the CPU engine is ${cpu.state}: ${cpu.get})`;

let folder = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forward-'));
  env = { UNSMOOTH_LIBRARY: join(folder, 'library') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(missing !== '')(`forward${missing}`, () => {
  it('writes logits, tokens, losses and gradients that agree with timm', async () => {
    const out = join(folder, 'out.safetensors');
    const input = goldenPath('vit-tiny-forward.safetensors');
    const args = [
      'forward',
      goldenPath('vit-tiny.safetensors'),
      '--input',
      input,
      '--out',
      out,
      '--losses',
      'paper',
      '--grads',
      '1,1,1,1',
      '--json',
    ];
    const ended = await cli(args, env);
    expect(ended.stderr).not.toContain('[');
    expect(ended.code).toBe(0);
    const said = JSON.parse(ended.stdout);
    const want = golden('vit-tiny-forward.safetensors').values;
    for (const name of ['loss_ce', 'loss_patch_cosine', 'loss_patch_contrastive', 'loss_patch_mixing'])
      expect(relativeError([said.losses[name]], want[name]!), name).toBeLessThan(1e-5);
    const file = readSafetensors(out);
    try {
      for (const name of ['logits', 'tokens.0', 'tokens.1', 'tokens.2', 'tokens.norm'])
        expect(relativeError(file.readFloat32(name), want[name]!), name).toBeLessThan(1e-5);
      const gradients = Object.keys(want).filter((k) => k.startsWith('grad.1,1,1,1.'));
      expect(gradients.length).toBe([...file.tensors.keys()].filter((k) => k.startsWith('grad.')).length);
      for (const name of gradients) {
        const parameter = name.slice('grad.1,1,1,1.'.length);
        expect(relativeError(file.readFloat32(`grad.${parameter}`), want[name]!), parameter).toBeLessThan(1e-4);
      }
    } finally {
      file.close();
    }
  });

  it('refuses images of another size, and gradients of a loss whose input is missing', async () => {
    const input = join(folder, 'small.safetensors');
    writeSafetensors(input, { images: { dtype: 'F32', shape: [1, 3, 8, 8], data: new Float32Array(192) } }, {});
    const out = join(folder, 'none.safetensors');
    const weights = goldenPath('vit-tiny.safetensors');
    const wrong = await cli(['forward', weights, '--input', input, '--out', out], env);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /^unsmooth: \[INPUT_INVALID\] .*tensor images: expected \[B, 3, 16, 16\], found \[1, 3, 8, 8\]/m,
    );
    writeSafetensors(input, { images: { dtype: 'F32', shape: [1, 3, 16, 16], data: new Float32Array(768) } }, {});
    const unlabelled = await cli(['forward', weights, '--input', input, '--out', out, '--grads', '1,0,0,0'], env);
    expect(unlabelled.code).toBe(2);
    expect(unlabelled.stderr).toContain('tensor labels: is needed');
  });
});
