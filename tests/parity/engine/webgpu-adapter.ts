// Finds an adapter for tests of the webgpu engine: the user's choice, else SwiftShader as Chromium ships it (the same arithmetic on
// every machine), else whatever Dawn finds.
import { existsSync } from 'node:fs';
import { UnsmoothError } from '../../../contract/errors.ts';
import { engineFolder } from '../../../native-worker/engine/folders.ts';
import { webgpu } from '../../../native-worker/engine/replay/webgpu.ts';

const swiftshader = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

export type Found = { readonly device: string } | { readonly reason: string };

/** Must come before anything loads Vulkan: its loader reads the environment then. A test's process is its main thread, so it is the real one. */
export async function findAdapter(): Promise<Found> {
  const icd = swiftshader.find((file) => existsSync(file));
  if (icd !== undefined) process.env.VK_ICD_FILENAMES ??= icd;
  try {
    return { device: (await webgpu(engineFolder('webgpu'))).device };
  } catch (e) {
    if (!(e instanceof UnsmoothError)) throw e;
    return { reason: `${e.message} ${e.hint}` };
  }
}
