// Installs an engine: fetch, unpack beside, build, load once, then rename into place. Killed at any moment it leaves the engine
// that was there, or none, and finished wheels to go on from.
import fs from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { placeBinding } from './binding.ts';
import { fetchWheels, localWheels, missingWheels } from './fetch.ts';
import { cacheFolder, engineFolder, enginesFolder, prebuiltBinding } from './folders.ts';
import { withLock } from './lock.mjs';
import { type EnginePlan, placeOf, type Wheel } from './plans.ts';
import { stopped } from './program.ts';
import { formatBytes, type OnProgress } from './progress.ts';
import { filesBelow, writeRecord } from './record.ts';
import { verifyEngine } from './verify.ts';
import { unpackWheel } from './wheel.ts';

export interface InstallOptions {
  /** Local wheel files instead of the index. */
  from?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress;
  cache?: string;
  /** A ready binding instead of compiling one; by default the one beside the program. */
  binding?: string | null;
}

export interface Installed {
  name: string;
  folder: string;
  version: string;
  bytes: number;
  /** Empty, or one sentence the user should read. */
  note: string;
}

export const downloadsFolder = (name: string, cache = cacheFolder()): string => path.join(cache, 'downloads', name);

/** Runs `work` as the only installation of this engine on this cache. */
export function onlyInstaller<T>(
  name: string,
  { cache = cacheFolder(), signal, onProgress = () => {} }: InstallOptions,
  work: () => Promise<T>,
): Promise<T> {
  // A failure clears its half-made folder while it still holds the lock: afterwards it may be another's.
  const guarded = async () => {
    try {
      return await work();
    } catch (e) {
      clearLeftovers(name, cache);
      throw e;
    }
  };
  const onWait = (pid: number) =>
    onProgress({ phase: 'wait', message: `waiting for another installation of the ${name} engine (process ${pid})` });
  return withLock(path.join(cache, 'locks', `engine-${name}.lock`), guarded, signal ? { onWait, signal } : { onWait });
}

/** Removes what an earlier installation left when it was killed. Only under the lock. */
export function clearLeftovers(name: string, cache: string): void {
  for (const suffix of ['partial', 'old'])
    fs.rmSync(path.join(enginesFolder(cache), `.${name}.${suffix}`), { recursive: true, force: true });
}

export const partialFolder = (name: string, cache: string): string =>
  path.join(enginesFolder(cache), `.${name}.partial`);

/** Puts the finished folder where the engine is looked for; the old one makes way only then. */
export function moveIntoPlace(name: string, cache: string): string {
  const folder = engineFolder(name, cache);
  const old = path.join(enginesFolder(cache), `.${name}.old`);
  if (fs.existsSync(folder)) fs.renameSync(folder, old);
  fs.renameSync(partialFolder(name, cache), folder);
  fs.rmSync(old, { recursive: true, force: true });
  return folder;
}

/** Says size and free space; throws DISK_FULL when it does not fit. `spare` is what the fetching needs beside its result. */
export function checkSpace(
  what: string,
  fetch: number,
  install: number,
  spare: number,
  cache: string,
  tell: OnProgress,
): void {
  fs.mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = fs.statfsSync(cache);
  const free = bavail * bsize;
  const message = `${what}: ${formatBytes(fetch)} to fetch, ${formatBytes(install)} on disk, ${formatBytes(free)} free in ${cache}`;
  tell({ phase: 'plan', message });
  const needed = fetch + install + spare;
  if (free < needed)
    throw new UnsmoothError(
      'DISK_FULL',
      `${what} needs ${formatBytes(needed)} while it is installed, and ${formatBytes(free)} are free in ${cache}.`,
      'Free some space, or set UNSMOOTH_CACHE to a folder on a larger disk.',
    );
}

async function unpackAll(
  plan: EnginePlan,
  wheels: ReadonlyMap<Wheel, string>,
  folder: string,
  signal: AbortSignal | undefined,
  onProgress: OnProgress,
): Promise<void> {
  let bytes = 0;
  const onBytes = (n: number) => {
    bytes += n;
    const done = Math.min(bytes, plan.installedBytes);
    onProgress({ phase: 'unpack', message: 'unpacking', bytes: done, total: plan.installedBytes });
  };
  for (const file of wheels.values()) await unpackWheel(file, folder, { placeOf, signal, onBytes });
}

/** A stop keeps finished wheels: say which. */
function stoppedWith(plan: EnginePlan, downloads: string): UnsmoothError {
  const kept = plan.wheels.filter((w) => fs.existsSync(path.join(downloads, w.file)));
  if (kept.length === 0) fs.rmSync(downloads, { recursive: true, force: true });
  const size = formatBytes(kept.reduce((n, w) => n + w.bytes, 0));
  const what =
    kept.length === 0 ? 'Nothing is kept.' : `${kept.length} of ${plan.wheels.length} files (${size}) are kept.`;
  const hint = kept.length === 0 ? '' : 'The next installation goes on from there.';
  return new UnsmoothError('STOPPED', `The installation of the ${plan.name} engine was stopped. ${what}`, hint);
}

/**
 * Installs an engine made of wheels. Nothing changes for the user until the end.
 * Throws ENGINE_INSTALL_FAILED, ENGINE_HASH_MISMATCH, ENGINE_FAILED (does not load), DISK_FULL, INPUT_INVALID, STOPPED.
 */
export async function installPlan(plan: EnginePlan, options: InstallOptions = {}): Promise<Installed> {
  const { from = [], signal, onProgress = () => {}, cache = cacheFolder(), binding = prebuiltBinding() } = options;
  const downloads = downloadsFolder(plan.name, cache);
  const folder = partialFolder(plan.name, cache);
  const install = async (): Promise<Installed> => {
    clearLeftovers(plan.name, cache);
    const given = await localWheels(plan, from, signal);
    const missing = (await missingWheels(plan, downloads, signal)).filter((w) => !given.has(w));
    const fetch = missing.reduce((n, w) => n + w.bytes, 0);
    const spare = Math.max(0, ...missing.map((w) => w.bytes));
    checkSpace(`${plan.name} engine (${plan.version})`, fetch, plan.installedBytes, spare, cache, onProgress);
    const wheels = await fetchWheels(plan, downloads, given, { signal, onProgress });
    fs.mkdirSync(folder, { recursive: true });
    await unpackAll(plan, wheels, folder, signal, onProgress);
    onProgress({ phase: 'build', message: binding ? 'placing the binding' : 'compiling the binding' });
    const bindingKind = await placeBinding(plan, folder, binding, signal);
    fs.rmSync(path.join(folder, 'build'), { recursive: true, force: true });
    onProgress({ phase: 'verify', message: 'loading the engine' });
    const { note, gpu } = await verifyEngine(plan.name, folder, signal);
    const files = filesBelow(folder);
    writeRecord(folder, {
      format: 1,
      name: plan.name,
      version: plan.version,
      sources: Object.fromEntries(plan.wheels.map((w) => [w.file, w.sha256])),
      binding: bindingKind,
      device: gpu ? 'gpu' : null,
      files,
      installed_at: new Date().toISOString(),
    });
    if (signal?.aborted) throw stopped();
    const place = moveIntoPlace(plan.name, cache);
    fs.rmSync(downloads, { recursive: true, force: true });
    const bytes = Object.values(files).reduce((a, b) => a + b, 0);
    onProgress({ phase: 'done', message: `${plan.name} engine installed (${formatBytes(bytes)})` });
    if (note) onProgress({ phase: 'note', message: note });
    return { name: plan.name, folder: place, version: plan.version, bytes, note };
  };
  try {
    return await onlyInstaller(plan.name, options, install);
  } catch (e) {
    if (signal?.aborted) throw stoppedWith(plan, downloads);
    throw UnsmoothError.from(e);
  }
}
