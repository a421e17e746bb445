// The installed engines, loaded in a process of their own as a worker loads them, and one tiny function trained on the CUDA build.
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { workerEnvironment } from '../../main/engines/environment.ts';
import { engineStatus, installEngine, nvidiaDriver, verifyEngine } from '../../main/engines/index.ts';
import { createExecutor, type Spec, trace } from '../../native-worker/engine/index.ts';
import { tf } from '../../native-worker/engine/tfjs.ts';

const cpu = engineStatus('cpu');
test.skipIf(cpu.state !== 'installed')(`the CPU engine loads (${cpu.why || cpu.state})`, async () => {
  expect(await verifyEngine('cpu', cpu.folder!)).toEqual({ version: '2.21.0', gpu: false, note: '' });
});

const wanted = process.env.UNSMOOTH_TEST_CUDA === '1';
const before = engineStatus('cuda');
const usable = before.state === 'installed' || (wanted && before.state !== 'unavailable');
const reason = usable
  ? ''
  : ' (skipped: it is 3.4 GB to fetch; UNSMOOTH_TEST_CUDA=1 fetches it, or unsmooth engines install cuda)';

/** Fits y = w x by gradient descent, traced and compiled as a training step is. Returns w, and what it computed on. */
async function fitSlope(dir: string): Promise<{ w: number; device: string }> {
  const points: Spec = { shape: [4], dtype: 'float32' };
  const step = trace('step', { w: { shape: [], dtype: 'float32' } }, { x: points, y: points }, (v, i) => {
    const loss = (w: Tensor) => i.x!.mul(w).sub(i.y!).square().mean() as Scalar;
    const { value, grad } = tf.valueAndGrad((w) => loss(w))(v.w!) as { value: Tensor; grad: Tensor };
    return { outputs: { loss: value }, assigns: { w: v.w!.sub(grad.mul(0.05)) } };
  });
  const program = { calls: [{ name: 'step', fn: step }] };
  const executor = await createExecutor(program, { engine: 'cuda', form: 'xla', engineDir: dir });
  try {
    await executor.put({ w: Float32Array.of(0) });
    const data = { x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(3, 6, 9, 12) };
    for (let n = 0; n < 40; n++) await executor.call('step', data);
    return { w: (await executor.get(['w'])).w![0]!, device: executor.description.device };
  } finally {
    executor.dispose();
  }
}

describe.skipIf(!usable)(`the CUDA engine${reason}`, () => {
  test('loads, names what is missing in one sentence, and trains', { timeout: 1_800_000 }, async () => {
    if (engineStatus('cuda').state !== 'installed') await installEngine('cuda');
    const { folder } = engineStatus('cuda');
    const verified = await verifyEngine('cuda', folder!);
    expect(verified.version).toBe('2.21.0');
    if (!nvidiaDriver()) {
      expect(verified).toMatchObject({ gpu: false, note: expect.stringMatching(/^No NVIDIA driver[^.]*\.$/) });
    }
    Object.assign(process.env, workerEnvironment({ name: 'cuda', dir: folder, form: 'xla', threads: 1 }));
    const { w, device } = await fitSlope(folder!);
    expect(w).toBeCloseTo(3, 3);
    expect(device).toBe(verified.gpu ? 'gpu' : 'cpu');
  });
});
