// The webgpu engine where its packages or its adapter are missing: said in one sentence, with the way to get them. A process of its own,
// since Vulkan is loaded once.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { engineFolder } from '../../../native-worker/engine/folders.ts';
import { webgpu } from '../../../native-worker/engine/replay/webgpu.ts';

const installed = existsSync(join(engineFolder('webgpu'), 'node_modules', 'webgpu'));
const possible = installed && process.platform === 'linux';

it('without its packages is ENGINE_MISSING', async () => {
  await expect(webgpu('/nowhere')).rejects.toMatchObject({
    code: 'ENGINE_MISSING',
    hint: 'unsmooth engines install webgpu',
  });
});

it.skipIf(!possible)('without a Vulkan driver is ENGINE_FAILED and names the driver', async () => {
  process.env.VK_ICD_FILENAMES = '/nowhere.json';
  await expect(webgpu(engineFolder('webgpu'))).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    message: expect.stringContaining('no graphics adapter'),
    hint: expect.stringContaining('Vulkan driver'),
  });
});
