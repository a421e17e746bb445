// Brings node_modules in line with package-lock.json, and only then marks it so. Knows npm, nothing of engines.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root, run, SetupError, say } from './paths.mjs';

const lockFile = path.join(root, 'package-lock.json');
const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.unsmooth-lock');

const lockHash = () => createHash('sha256').update(fs.readFileSync(lockFile)).digest('hex');

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** npm writes node_modules/.package-lock.json when an installation is whole; it must name every package we need, at our version. */
function installedAsLocked() {
  const wanted = readJson(lockFile)?.packages ?? {};
  const found = readJson(path.join(modules, '.package-lock.json'))?.packages;
  if (!found) return false;
  return Object.entries(wanted).every(([where, p]) => {
    if (!where || p.link) return true;
    const there = found[where];
    if (!there) return p.optional === true && !(p.os && suits(p));
    return there.version === p.version && there.integrity === p.integrity && fs.existsSync(path.join(root, where));
  });
}

/** Whether an optional package is meant for this platform. */
function suits({ os, cpu, libc }) {
  const ok = (list, value) =>
    !list || list.includes(value) || list.every((x) => x.startsWith('!') && x !== `!${value}`);
  if (libc && !process.report?.getReport().header.glibcVersionRuntime && libc.includes('glibc')) return false;
  if (libc && process.report?.getReport().header.glibcVersionRuntime && !libc.includes('glibc')) return false;
  return ok(os, process.platform) && ok(cpu, process.arch);
}

/** True when node_modules was completed for exactly this lock file. */
export function packagesAreThere() {
  try {
    return fs.readFileSync(stampFile, 'utf8') === lockHash();
  } catch {
    return false;
  }
}

/** Installs what the lock file says. `hold.child` names npm to the lock, so that a killed set-up's npm is waited for. */
export async function ensurePackages(hold) {
  if (packagesAreThere()) return;
  if (!installedAsLocked()) {
    say('set-up: npm packages from the lock file…');
    fs.rmSync(stampFile, { force: true });
    const began = Date.now();
    const { code, output } = await run(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        onSpawn: (pid) => hold.child(pid),
      },
    );
    if (code === 127) throw new SetupError('npm was not found.', 'Install Node 20.19 or later together with npm.');
    if (code !== 0)
      throw new SetupError(
        `The npm packages could not be installed (npm ci ended with ${code}):\n${output.trim()}\n`,
        "Check the network and start again: what is there already is kept in npm's cache.",
        code === 130 ? 130 : 1,
      );
    say(`set-up: npm packages installed in ${Math.round((Date.now() - began) / 1000)} s`);
  }
  fs.writeFileSync(`${stampFile}.tmp`, lockHash());
  fs.renameSync(`${stampFile}.tmp`, stampFile);
}
