// `npm run test:peers`: the tests that compare with PyTorch, timm and TensorBoard. Makes their Python environment once, in the
// user's cache, then runs vitest on tests/peers with UNSMOOTH_PYTHON set. No dependency; arguments go to vitest.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, cleanEnv, root, run, SetupError, say } from './paths.mjs';
import { runSetup } from './setup.mjs';

const peersFolder = path.join(root, 'tests', 'peers');
const requirements = path.join(peersFolder, 'requirements.txt');
const NEEDED_GB = 5.8;
const HEARTBEAT_MS = 15_000;
/** The pinned numpy starts at Python 3.11. */
const SUITABLE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
const VERSIONS =
  'import torch, timm, transformers, onnx, onnxruntime, safetensors, tensorboard, numpy; print("torch", torch.__version__, "timm", timm.__version__)';

const quiet = (command, args) => run(command, args, { env: cleanEnv({ PYTHONDONTWRITEBYTECODE: '1' }) });
const works = async (python, code) => (await quiet(python, ['-c', code])).code === 0;

/** A Python that can make environments, or null. On Debian as root a missing venv is installed. */
async function findPython() {
  for (const name of ['python3', 'python']) if (await works(name, SUITABLE)) return name;
  const recent = await works('python3', 'import sys; sys.exit(sys.version_info < (3, 11))');
  if (!recent || process.getuid?.() !== 0 || !fs.existsSync('/etc/debian_version')) return null;
  const apt = 'apt-get update && apt-get install -y --no-install-recommends python3-venv';
  const env = cleanEnv({ DEBIAN_FRONTEND: 'noninteractive' });
  if ((await run('sh', ['-c', apt], { env })).code !== 0) return null;
  for (const name of ['python3', '/usr/bin/python3']) if (await works(name, SUITABLE)) return name;
  return null;
}

/** How many tests there are, from the sources: every `test(` or `it(` at the start of a line. */
function countTests() {
  const files = fs.readdirSync(peersFolder, { recursive: true }).filter((f) => f.endsWith('.test.ts'));
  const texts = files.map((f) => fs.readFileSync(path.join(peersFolder, f), 'utf8'));
  return texts.reduce((n, text) => n + (text.match(/^\s*(test|it)\(/gm) ?? []).length, 0);
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;

function folderSize(folder) {
  let sum = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    sum += fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

/** pip's lines say what it is at; only every 15 s the latest one is shown, without addresses. */
function installQuietly(python, folder) {
  const began = Date.now();
  const args = ['-m', 'pip', 'install', '--progress-bar', 'off', '--disable-pip-version-check', '-r', requirements];
  return new Promise((resolve) => {
    const child = spawn(python, args, { cwd: root, env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (d) => {
        tail = (tail + d).slice(-4000);
      });
    const beat = setInterval(() => {
      const line = tail.trimEnd().split('\n').at(-1)?.trim() ?? '';
      const at = line.replace(/[a-z]+:\/\/\S*\//g, '').slice(0, 90);
      say(`peers: ${Math.round((Date.now() - began) / 1000)} s, ${gigabytes(folderSize(folder))} installed; ${at}`);
    }, HEARTBEAT_MS);
    const stop = () => child.kill('SIGINT');
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const end = (code, output) => {
      clearInterval(beat);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve({ code, output });
    };
    child.on('error', (e) => end(127, e.message));
    child.on('close', (code, signal) => end(code ?? (signal === 'SIGINT' ? 130 : 1), tail));
  });
}

/** Unfinished environments of processes that are gone. */
function removeLeftOvers(parent) {
  for (const name of fs.readdirSync(parent)) {
    const pid = Number(/\.partial-(\d+)$/.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(pid, 0);
    } catch (e) {
      if (e.code === 'ESRCH') fs.rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
}

/**
 * The environment's Python, made if it is not there. Built under another name and renamed when complete: programs in its bin/
 * other than python name the old path, so it is used as `python -m …` only.
 */
async function ensureEnvironment(basePython) {
  const hash = createHash('sha256').update(fs.readFileSync(requirements)).digest('hex').slice(0, 16);
  const parent = path.join(cacheFolder, 'peers');
  const folder = path.join(parent, hash);
  const pythonIn = (where) =>
    path.join(where, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const stamp = path.join(folder, 'complete.json');
  if (fs.existsSync(stamp) && (await works(pythonIn(folder), 'import torch, timm'))) return pythonIn(folder);

  fs.mkdirSync(parent, { recursive: true });
  removeLeftOvers(parent);
  fs.rmSync(folder, { recursive: true, force: true });
  const { bavail, bsize } = fs.statfsSync(parent);
  const free = bavail * bsize;
  say(`peers: making the Python environment in ${folder}: about ${NEEDED_GB} GB on disk, ${gigabytes(free)} free`);
  if (free < NEEDED_GB * 1.7e9)
    throw new SetupError(
      `The peers' environment needs ${(NEEDED_GB * 1.7).toFixed(1)} GB free while it is made, found ${gigabytes(free)}.`,
      'Make room, or set UNSMOOTH_CACHE to a folder on a larger disk.',
    );
  const began = Date.now();
  const partial = `${folder}.partial-${process.pid}`;
  try {
    const made = await quiet(basePython, ['-m', 'venv', partial]);
    if (made.code !== 0) throw new SetupError(`python -m venv failed: ${made.output.trim()}`, 'See its message.');
    const { code, output } = await installQuietly(pythonIn(partial), partial);
    if (code !== 0)
      throw new SetupError(
        `pip install ended with ${code}:\n${output.trim().slice(-1500)}\n`,
        'Check the network and start again.',
        code === 130 ? 130 : 1,
      );
    const versions = await quiet(pythonIn(partial), ['-c', VERSIONS]);
    if (versions.code !== 0)
      throw new SetupError(`The new environment does not import: ${versions.output.trim().slice(-800)}`, '');
    fs.writeFileSync(path.join(partial, 'complete.json'), JSON.stringify({ versions: versions.output.trim() }));
    fs.renameSync(partial, folder);
    say(`peers: ${versions.output.trim()}, installed in ${Math.round((Date.now() - began) / 1000)} s`);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return pythonIn(folder);
}

/** Vitest on the `peers` group; its sums from its own report. */
async function runTests(python) {
  const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-peers-'));
  const report = path.join(reports, 'report.json');
  const args = [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', '--project', 'peers', '--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
    ...process.argv.slice(2),
  ];
  const env = { ...process.env, UNSMOOTH_PYTHON: python, PYTHONDONTWRITEBYTECODE: '1' };
  process.on('SIGINT', () => {});
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
    child.on('close', (c, signal) => resolve(c ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  const sums = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : {};
  fs.rmSync(reports, { recursive: true });
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests: pending = 0, numTodoTests = 0 } = sums;
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${pending + numTodoTests} skipped\n`);
  return code === 130 ? 130 : failed > 0 ? 1 : 0;
}

const given = process.env.UNSMOOTH_PYTHON;
const base = given ?? (await findPython());
if (!base) {
  process.stdout.write(`0 passed, 0 failed, ${countTests()} skipped: no Python\n`);
} else {
  try {
    const python = given ?? (await ensureEnvironment(base));
    await runSetup({ engine: true });
    process.exitCode = await runTests(python);
  } catch (e) {
    say(`peers: ${e instanceof SetupError ? e.message : (e.stack ?? e)}`);
    process.exitCode = e.exitCode ?? 1;
  }
}
