// The engines by name: state, installation, removal. One place knows all four; wasm ships with the program.
import fs from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import { cacheFolder, engineFolder, enginesFolder, packageFolder } from './folders.ts';
import { type Installed, type InstallOptions, installPlan, onlyInstaller } from './install.ts';
import { tensorflowPlan } from './plans.ts';
import { damage, readRecord } from './record.ts';
import { installWebgpu, webgpuBytes, webgpuVersion } from './webgpu.ts';

/** Best first. */
export const engineNames = ['cuda', 'cpu', 'webgpu', 'wasm'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineStatus {
  name: EngineName;
  state: 'installed' | 'missing' | 'broken' | 'unavailable';
  version: string;
  /** Bytes on disk: taken when installed, else what it will take. */
  bytes: number;
  /** Bytes to fetch for an installation. */
  fetchBytes: number;
  folder: string | null;
  /** The GPU found when it was installed, or null. */
  device: string | null;
  /** Why it is broken or cannot be had here; empty otherwise. */
  why: string;
  /** How to get it; empty when installed. */
  get: string;
}

/** Throws ENGINE_UNKNOWN. */
export function engineNamed(name: string): EngineName {
  const known = engineNames.find((n) => n === name);
  if (known) return known;
  const near = nearest(name, engineNames);
  throw new UnsmoothError(
    'ENGINE_UNKNOWN',
    `There is no engine "${name}".`,
    near ? `Did you mean ${near}?` : `Engines: ${engineNames.join(', ')}.`,
  );
}

const onLinuxX64 = process.platform === 'linux' && process.arch === 'x64';

/** What an installation brings: version, sizes, and its sources by name. */
function offered(name: Exclude<EngineName, 'wasm'>) {
  if (name === 'webgpu')
    return { version: webgpuVersion, installedBytes: webgpuBytes, fetchBytes: 70e6, sources: null };
  const plan = tensorflowPlan(name, '');
  return {
    version: plan.version,
    installedBytes: plan.installedBytes,
    fetchBytes: plan.wheels.reduce((n, w) => n + w.bytes, 0),
    sources: Object.fromEntries(plan.wheels.map((w) => [w.file, w.sha256])),
  };
}

/** Looks at the folder, not into the libraries: a few file sizes, a millisecond. */
export function engineStatus(name: EngineName, cache = cacheFolder()): EngineStatus {
  if (name === 'wasm')
    return {
      name,
      state: 'installed',
      version: 'tfjs 4.22.0',
      bytes: 0,
      fetchBytes: 0,
      folder: null,
      device: null,
      why: '',
      get: '',
    };
  const { version, installedBytes: bytes, fetchBytes, sources } = offered(name);
  const get = `unsmooth engines install ${name}`;
  const base = { name, version, bytes, fetchBytes, folder: null, device: null, get };
  const folder = engineFolder(name, cache);
  if (!fs.existsSync(folder)) {
    if (name === 'webgpu' || onLinuxX64) return { ...base, state: 'missing', why: '' };
    const why = `there is no build of it for ${process.platform} on ${process.arch}`;
    return { ...base, state: 'unavailable', why, get: 'use webgpu (unsmooth engines install webgpu) or wasm' };
  }
  const record = readRecord(folder);
  if (typeof record === 'string') return { ...base, state: 'broken', folder, why: record };
  const why = damage(folder, record) ?? (sources && outdated(record.sources, sources)) ?? '';
  const taken = Object.values(record.files).reduce((a, b) => a + b, 0);
  if (why) return { ...base, state: 'broken', folder, bytes: taken, version: record.version, why };
  return {
    ...base,
    state: 'installed',
    folder,
    bytes: taken,
    version: record.version,
    device: record.device,
    why: '',
    get: '',
  };
}

function outdated(found: Record<string, string>, wanted: Record<string, string>): string | null {
  const same = Object.entries(wanted).every(([file, hash]) => found[file] === hash);
  return same ? null : 'it was made from other files than this version uses';
}

export const listEngines = (cache = cacheFolder()): EngineStatus[] => engineNames.map((n) => engineStatus(n, cache));

/**
 * Installs an engine, over one that is there. Throws ENGINE_UNKNOWN, ENGINE_INSTALL_FAILED, ENGINE_HASH_MISMATCH, ENGINE_FAILED,
 * DISK_FULL, STOPPED.
 */
export async function installEngine(name: string, options: InstallOptions = {}): Promise<Installed> {
  const known = engineNamed(name);
  if (known === 'wasm') {
    return {
      name,
      folder: '',
      version: engineStatus('wasm').version,
      bytes: 0,
      note: 'The wasm engine is always there.',
    };
  }
  if (known === 'webgpu') return installWebgpu(options);
  if (!onLinuxX64) {
    const { why, get } = engineStatus(known, path.join(options.cache ?? cacheFolder(), 'none'));
    throw new UnsmoothError(
      'ENGINE_INSTALL_FAILED',
      `The ${known} engine cannot be installed: ${why}.`,
      `You can ${get}.`,
    );
  }
  return installPlan(tensorflowPlan(known, packageFolder('@tensorflow/tfjs-node-gpu')), options);
}

/** Removes an engine; returns the bytes freed, 0 when it was not there. Runs that use it now keep their open files. */
export async function removeEngine(
  name: string,
  options: { cache?: string; signal?: AbortSignal } = {},
): Promise<number> {
  const known = engineNamed(name);
  if (known === 'wasm')
    throw new UnsmoothError('USAGE', 'The wasm engine is part of the program.', 'It cannot be removed.');
  const cache = options.cache ?? cacheFolder();
  return onlyInstaller(known, options, async () => {
    const folder = engineFolder(known, cache);
    if (!fs.existsSync(folder)) return 0;
    const { bytes } = engineStatus(known, cache);
    const aside = path.join(enginesFolder(cache), `.${known}.old`);
    fs.rmSync(aside, { recursive: true, force: true });
    fs.renameSync(folder, aside);
    fs.rmSync(aside, { recursive: true, force: true });
    return bytes;
  });
}
