// What set-up needs from Debian and how to get it: as root it installs, otherwise it prints the command.
import fs from 'node:fs';
import path from 'node:path';
import { run, say } from './paths.mjs';

const onPath = (program) =>
  (process.env.PATH ?? '').split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, program)));

/** pip as the engine's installer would call it. */
async function hasPip() {
  if (onPath('pip3') || onPath('pip')) return true;
  return onPath('python3') && (await run('python3', ['-m', 'pip', '--version'])).code === 0;
}

/** Installs as root. Returns null when all is there, else what the user has to do, in words. */
async function ensure(missing) {
  if (missing.length === 0) return null;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.platform !== 'linux' || !onPath('apt-get')) return `install ${missing.join(' and ')}`;
  if (process.getuid() !== 0) return `sudo sh -c '${command}'`;
  say(`set-up: Debian packages ${missing.join(', ')}…`);
  const { code, output } = await run('sh', ['-c', command], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (code === 0) return null;
  say(`set-up: apt-get ended with ${code}:\n${output.trim().slice(-1000)}`);
  return command;
}

/**
 * Makes sure of pip, and of g++ unless a prebuilt binding spares the compiler.
 * @returns {Promise<string | null>} null when all is there, else the command that is missing, in words
 */
export async function ensureDebianPackages({ compiler }) {
  const missing = [];
  if (compiler && !onPath('g++')) missing.push('g++');
  if (!(await hasPip())) missing.push('python3-pip');
  return ensure(missing);
}

/** Libraries that the window's runtime loads, and the package of each; what they need themselves comes with them. */
const libraries = {
  'libgtk-3.so.0': 'libgtk-3-0',
  'libnss3.so': 'libnss3',
  'libasound.so.2': 'libasound2',
  'libgbm.so.1': 'libgbm1',
  'libXss.so.1': 'libxss1',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
  'libdrm.so.2': 'libdrm2',
  'libxkbcommon.so.0': 'libxkbcommon0',
};
/** Packages that bear another name where time has 64 bits everywhere (Debian 13, Ubuntu 24.04 and later). */
const renamed = ['libgtk-3-0', 'libasound2', 'libatk-bridge2.0-0'];

function time64() {
  try {
    const text = fs.readFileSync('/etc/os-release', 'utf8');
    const version = Number(/^VERSION_ID="?(\d+)/m.exec(text)?.[1]);
    return version >= (/^ID=debian$/m.test(text) ? 13 : 24);
  } catch {
    return false; // another system, which has other names anyway
  }
}

/** Of the loader's cache; null where it cannot be asked. */
async function knownLibraries() {
  const { code, output } = await run('sh', [
    '-c',
    `PATH="$PATH:/usr/sbin:/sbin"; ldconfig -p | grep -F ${Object.keys(libraries)
      .map((name) => `-e '${name} '`)
      .join(' ')}`,
  ]);
  return code > 1 ? null : output;
}

/**
 * Makes sure of what the window needs of Linux: its libraries, `gio` for the bin, and for tests a display.
 * @returns {Promise<string | null>} null when all is there, else the command that is missing, in words
 */
export async function ensureWindowPackages({ display }) {
  if (process.platform !== 'linux') return null;
  const known = await knownLibraries();
  if (known === null) return null; // no loader that tells: the runtime will say what it lacks
  const t64 = time64();
  const missing = Object.entries(libraries)
    .filter(([name]) => !known.includes(`${name} `))
    .map(([, name]) => (t64 && renamed.includes(name) ? `${name}t64` : name));
  if (!onPath('gio')) missing.push('libglib2.0-bin');
  if (display && !onPath('Xvfb')) missing.push('xvfb');
  return ensure(missing);
}
