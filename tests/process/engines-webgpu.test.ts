// The WebGPU engine where it is installed: its packages load, and what it found is what it says.
import { expect, test } from 'vitest';
import { engineStatus, installEngine } from '../../main/engines/index.ts';
import { webgpuAdapter } from '../../main/engines/webgpu.ts';

const status = engineStatus('webgpu');
const usable = status.state === 'installed';
const reason = usable ? '' : ' (skipped: unsmooth engines install webgpu fetches its 70 MB)';

test.skipIf(!usable)(`the WebGPU engine loads${reason}`, async () => {
  const adapter = await webgpuAdapter(status.folder!);
  expect(adapter === null || adapter.length > 0).toBe(true);
});

test('local files are not for the WebGPU engine', async () => {
  await expect(installEngine('webgpu', { from: ['x.whl'] })).rejects.toMatchObject({ code: 'USAGE' });
});
