// The WebGPU engine: npm packages in a folder of their own, pinned by a lock file, no install script run.
import fs from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { cacheFolder } from './folders.ts';
import {
  checkSpace,
  clearLeftovers,
  type Installed,
  type InstallOptions,
  moveIntoPlace,
  onlyInstaller,
  partialFolder,
} from './install.ts';
import { programOnPath, workerNode } from './machine.ts';
import { runProgram } from './program.ts';
import { formatBytes } from './progress.ts';
import { filesBelow, writeRecord } from './record.ts';
import { webgpuDependencies, webgpuLock } from './webgpu-packages.ts';

export const webgpuVersion = `Dawn (webgpu ${webgpuDependencies.webgpu})`;
const fetchBytes = 70e6;
export const webgpuBytes = 210e6;

function writePackageFiles(folder: string): void {
  const root = { name: 'unsmooth-webgpu-engine', private: true, dependencies: webgpuDependencies };
  const lock = {
    name: root.name,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: root.name, dependencies: webgpuDependencies }, ...webgpuLock },
  };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(root));
  fs.writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock));
}

/** Thousands of small files would make every look at the engine slow; the native parts and bundles tell enough. */
function largeFiles(folder: string): Record<string, number> {
  return Object.fromEntries(Object.entries(filesBelow(folder)).filter(([, bytes]) => bytes >= 65536));
}

/** Prints the adapter's name as JSON; process.argv[1] is the package's folder. */
const script = `import(require('node:url').pathToFileURL(require.resolve(process.argv[1])).href).then(async ({ create }) => {
  const adapter = await create([]).requestAdapter();
  const name = adapter && (adapter.info.description || adapter.info.vendor || 'unnamed adapter');
  process.stdout.write('@' + JSON.stringify(name), () => process.exit(0));
});`;

/** The name of the adapter that Dawn finds, or null. Throws ENGINE_FAILED when it does not load. */
export async function webgpuAdapter(folder: string, signal?: AbortSignal): Promise<string | null> {
  const dawn = path.join(folder, 'node_modules', 'webgpu');
  const { code, stdout, stderr } = await runProgram(workerNode().path, ['-e', script, dawn], { signal });
  if (code !== 0 || !stdout.includes('@'))
    throw new UnsmoothError(
      'ENGINE_FAILED',
      `The webgpu engine does not load: ${stderr.trim().split('\n').at(-1) || `exit code ${code}`}`,
      'Install it again.',
    );
  return JSON.parse(stdout.slice(stdout.indexOf('@') + 1)) as string | null;
}

/** Throws ENGINE_INSTALL_FAILED (no npm, no network, a package with another hash), ENGINE_FAILED, DISK_FULL, STOPPED. */
export async function installWebgpu(options: InstallOptions = {}): Promise<Installed> {
  const { from = [], signal, onProgress = () => {}, cache = cacheFolder() } = options;
  if (from.length > 0)
    throw new UnsmoothError('USAGE', '--from is for the cpu and cuda engines.', 'The webgpu engine is fetched by npm.');
  const name = 'webgpu';
  const folder = partialFolder(name, cache);
  const install = async (): Promise<Installed> => {
    clearLeftovers(name, cache);
    checkSpace(`webgpu engine (${webgpuVersion})`, fetchBytes, webgpuBytes, 0, cache, onProgress);
    const npm = programOnPath('npm');
    if (!npm)
      throw new UnsmoothError(
        'ENGINE_INSTALL_FAILED',
        'The webgpu engine is fetched by npm, and there is no npm here.',
        'Install Node with npm and try again.',
      );
    fs.mkdirSync(folder, { recursive: true });
    writePackageFiles(folder);
    onProgress({ phase: 'plan', message: 'fetching the packages' });
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { code, stderr } = await runProgram(npm, args, { cwd: folder, signal });
    if (code !== 0)
      throw new UnsmoothError(
        'ENGINE_INSTALL_FAILED',
        `npm could not fetch the webgpu engine: ${stderr.trim().split('\n').slice(0, 3).join(' ')}`,
        'Check the network and try again.',
      );
    onProgress({ phase: 'verify', message: 'loading the engine' });
    const adapter = await webgpuAdapter(folder, signal);
    const note = adapter
      ? ''
      : 'The webgpu engine loads, but no GPU with Vulkan, Metal or Direct3D 12 was found on this machine.';
    const files = largeFiles(folder);
    writeRecord(folder, {
      format: 1,
      name,
      version: webgpuVersion,
      sources: Object.fromEntries(Object.entries(webgpuLock).map(([p, { integrity }]) => [p, integrity])),
      binding: 'none',
      device: adapter,
      files,
      installed_at: new Date().toISOString(),
    });
    const place = moveIntoPlace(name, cache);
    const bytes = Object.values(files).reduce((a, b) => a + b, 0);
    onProgress({ phase: 'done', message: `webgpu engine installed (${formatBytes(bytes)})` });
    if (note) onProgress({ phase: 'note', message: note });
    return { name, folder: place, version: webgpuVersion, bytes, note };
  };
  try {
    return await onlyInstaller(name, options, install);
  } catch (e) {
    if (signal?.aborted)
      throw new UnsmoothError('STOPPED', 'The installation of the webgpu engine was stopped. Nothing is kept.');
    throw UnsmoothError.from(e);
  }
}
