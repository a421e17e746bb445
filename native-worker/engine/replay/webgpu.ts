// tfjs's WebGPU backend on Dawn's Node package, outside a browser: finds the packages, asks for an adapter, and makes the backend share
// the one tfjs-core that traces. Knows nothing of programs.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { UnsmoothError } from '../../../contract/errors.ts';
import { tf } from '../tfjs.ts';

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

/** What is used of WebGPU's own interfaces (https://www.w3.org/TR/webgpu). */
interface Device {
  readonly lost: Promise<{ reason: string; message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
  destroy(): void;
}
interface Adapter {
  readonly info: AdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<(typeof limits)[number], number>>;
  requestDevice(wanted: { requiredLimits: Record<string, number> }): Promise<Device>;
}
interface Gpu {
  requestAdapter(wanted: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}
interface Dawn {
  create(options: string[]): Gpu;
  readonly globals: object;
}
interface BackendPackage {
  readonly WebGPUBackend: new (device: Device, info: AdapterInfo) => KernelBackend;
}

/** The backend picks its work groups by these; a device grants the smallest allowed unless asked. */
const limits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

export interface WebgpuBackend {
  readonly version: string;
  readonly device: string;
  /** What the device reported since it was last asked: WebGPU's calls themselves never throw. */
  takeFailure(): UnsmoothError | undefined;
}

const installHint = 'unsmooth engines install webgpu';
const driverHint =
  process.platform === 'linux'
    ? "Install the Vulkan driver of the graphics card (Debian: mesa-vulkan-drivers, or NVIDIA's own), or use the cpu engine."
    : "Update the graphics card's driver, or use the cpu engine.";

const failed = (why: string, hint: string, cause?: unknown) =>
  new UnsmoothError('ENGINE_FAILED', `The webgpu engine does not start: ${why}`, hint, [], { cause });

const textOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** A `require` from where both packages lie: the engine's folder, else the program's own packages. */
function packages(engineDir: string): NodeJS.Require {
  const own = createRequire(import.meta.url);
  for (const from of [createRequire(join(engineDir, 'package.json')), own]) {
    const folders = from.resolve.paths('webgpu') ?? [];
    const near = from === own ? folders : folders.slice(0, 1);
    const has = (name: string) => near.some((folder) => existsSync(join(folder, name, 'package.json')));
    if (has('webgpu') && has('@tensorflow/tfjs-backend-webgpu')) return from;
  }
  throw new UnsmoothError(
    'ENGINE_MISSING',
    `The webgpu engine is not installed: ${join(engineDir, 'node_modules')} has no webgpu and tfjs-backend-webgpu.`,
    installHint,
  );
}

/** The backend's package, given our tfjs-core in place of the copy that lies beside it. */
function backendPackage(from: NodeJS.Require): BackendPackage {
  const own = createRequire(import.meta.url);
  const core = '@tensorflow/tfjs-core';
  own(core);
  const theirs = createRequire(from.resolve('@tensorflow/tfjs-backend-webgpu'));
  theirs.cache[theirs.resolve(core)] = own.cache[own.resolve(core)];
  return theirs('@tensorflow/tfjs-backend-webgpu') as BackendPackage;
}

/** The backend looks for `navigator.gpu`; Node has a navigator since 21. */
function showToBackend(gpu: Gpu): void {
  const owner = globalThis as { navigator?: object };
  if (owner.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  Object.defineProperty(owner.navigator, 'gpu', { value: gpu, configurable: true });
}

async function openDevice(dawn: Dawn): Promise<{ gpu: Gpu; device: Device; info: AdapterInfo }> {
  const gpu = dawn.create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((e: unknown) => {
    throw failed(textOf(e), driverHint, e);
  });
  if (adapter === null)
    throw failed('no graphics adapter with Vulkan, Metal or Direct3D 12 was found on this machine.', driverHint);
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits }).catch((e: unknown) => {
    throw failed(`${nameOf(adapter.info)} gives no device: ${textOf(e)}`, driverHint, e);
  });
  return { gpu, device, info: adapter.info };
}

const nameOf = (info: AdapterInfo): string => info.description || info.device || info.vendor || 'unnamed adapter';

async function start(engineDir: string): Promise<WebgpuBackend> {
  const from = packages(engineDir);
  const file = from.resolve('webgpu');
  const dawn = await (import(pathToFileURL(file).href) as Promise<Dawn>).catch((e: unknown) => {
    throw failed(`its library does not load: ${textOf(e)}`, `Install it again: ${installHint}`, e);
  });
  const { gpu, device, info } = await openDevice(dawn);
  Object.assign(globalThis, dawn.globals);
  const { WebGPUBackend } = backendPackage(from);
  showToBackend(gpu);
  let failure: UnsmoothError | undefined;
  const fail = (message: string) => {
    const hint = /memory/i.test(message) ? 'Use a smaller batch or model.' : driverHint;
    failure ??= new UnsmoothError('ENGINE_FAILED', `The graphics device reports: ${message.split('\n')[0]}`, hint);
  };
  device.addEventListener('uncapturederror', ({ error }) => fail(error.message));
  void device.lost.then(({ reason, message }) => fail(`it was lost (${reason}): ${message}`));
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info));
  if (!(await tf.setBackend('webgpu'))) throw failed('the backend refuses the device.', driverHint);
  const { version } = from('@tensorflow/tfjs-backend-webgpu/package.json') as { version: string };
  const takeFailure = () => {
    const taken = failure;
    failure = undefined;
    return taken;
  };
  return { version, device: nameOf(info), takeFailure };
}

let started: Promise<WebgpuBackend> | undefined;

/**
 * The WebGPU backend, ready on the tfjs-core that traces: one device a process.
 * @throws UnsmoothError ENGINE_MISSING without its packages, ENGINE_FAILED without a usable adapter
 */
export async function webgpu(engineDir: string): Promise<WebgpuBackend> {
  const ready = started ?? start(engineDir);
  started = ready;
  try {
    return await ready;
  } catch (e) {
    started = undefined;
    throw e;
  }
}
