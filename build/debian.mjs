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

/**
 * Makes sure of pip, and of g++ unless a prebuilt binding spares the compiler.
 * @returns {Promise<string | null>} null when all is there, else the command that is missing, in words
 */
export async function ensureDebianPackages({ compiler }) {
  const missing = [];
  if (compiler && !onPath('g++')) missing.push('g++');
  if (!(await hasPip())) missing.push('python3-pip');
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
