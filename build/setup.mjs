// Brings a checkout from nothing to ready: npm packages, bundles, a Node for the worker, the CPU engine, the window. Each step is
// skipped when it is done, and can be killed and started again. No dependency: it runs before anything is installed.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from '../main/engines/lock.mjs';
import { bundle, bundleIsFresh } from './bundle.mjs';
import { ensureDebianPackages, ensureWindowPackages } from './debian.mjs';
import { ensureRuntime, findRuntime, runtimeIsThere } from './electron-runtime.mjs';
import { licencesAreFresh, makeLicences } from './licences.mjs';
import { ensurePackages, packagesAreThere } from './packages.mjs';
import { makePages, pagesAreFresh } from './pages.mjs';
import { cacheFolder, root, SetupError, say } from './paths.mjs';
import { sandboxNeeds } from './sandbox.mjs';

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node ${process.versions.node} is too old.`, 'Install Node 20.19 or later.');
}

/** Our own engine services, from their bundle. */
const engineServices = () => createRequire(import.meta.url)(path.join(root, 'dist', 'engines.cjs'));

/** One step's failure that leaves the program usable: said in one line, the work goes on with the wasm engine. */
async function ensureCpuEngine() {
  const engines = engineServices();
  const { state, why, get } = engines.engineStatus('cpu');
  if (state === 'installed') return { cpu: true, why: '' };
  if (state === 'unavailable') return { cpu: false, why: `For the CPU engine, ${why}; ${get}.` };
  const lacks = await ensureDebianPackages({ compiler: !engines.prebuiltBinding() });
  if (lacks) return { cpu: false, why: `To get the CPU engine: ${lacks}; then start again.` };
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await engines.installEngine('cpu', { signal: stop.signal, onProgress: engines.progressLines(say) });
    return { cpu: true, why: '' };
  } catch (e) {
    if (e.code === 'STOPPED') throw new SetupError(e.message, e.hint, 130);
    return { cpu: false, why: `[${e.code ?? 'INTERNAL'}] ${e.message} ${e.hint ?? ''}` };
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

const whileLocked = (work) =>
  withLock(path.join(cacheFolder, 'locks', 'set-up.lock'), work, {
    onWait: (pid) => say(`set-up: waiting for another set-up (process ${pid})`),
  });

/** The window's part. Its failure leaves the command line usable: it is said why, and what to do. */
async function ensureWindow(purpose) {
  const lacks = await ensureWindowPackages({ display: purpose === 'test' });
  if (lacks) return { runtime: null, why: `For the window: ${lacks}; then start again.` };
  try {
    if (!pagesAreFresh() || !licencesAreFresh() || !runtimeIsThere())
      await whileLocked(async (hold) => {
        await makePages();
        await makeLicences();
        await ensureRuntime(hold);
      });
    const runtime = findRuntime();
    const needs = sandboxNeeds(runtime.dist);
    if (needs) return { runtime: null, why: `For the window's sandbox: ${needs}; then start again.` };
    return { runtime, why: '' };
  } catch (e) {
    return { runtime: null, why: e instanceof SetupError ? e.message : `The window could not be made: ${e.message}` };
  }
}

async function ensureAll({ engine, window }) {
  checkNode();
  if (!packagesAreThere() || !bundleIsFresh())
    await whileLocked(async (hold) => {
      await ensurePackages(hold);
      await bundle({ say });
    });
  const result = { cpu: false, why: '', window: { runtime: null, why: '' } };
  if (window) result.window = await ensureWindow(window);
  if (!engine) return result;
  const engines = engineServices();
  const node = engines.workerNode();
  if (node.note) say(`set-up: ${node.note}`);
  Object.assign(result, await ensureCpuEngine());
  if (!result.cpu) say(`set-up: the CPU engine is not there, going on with wasm. ${result.why}`);
  if (engines.nvidiaDriver() && engines.engineStatus('cuda').state === 'missing')
    say('set-up: an NVIDIA driver was found. For training on the GPU: npx unsmooth engines install cuda');
  return result;
}

/**
 * Brings everything that is missing. A failure ends the process with its message and exit code.
 * @param {{engine: boolean, window?: 'use' | 'test'}} options engine: also the CPU engine and what it needs; window: also the
 *   window's pages, runtime and libraries, for tests a display too
 * @returns {Promise<{cpu: boolean, why: string, window: {runtime: import('./electron-runtime.mjs').Runtime | null, why: string}}>}
 *   whether the CPU engine and the window are there; if not, why and how to get them
 */
export async function runSetup(options) {
  try {
    return await ensureAll(options);
  } catch (e) {
    say(`set-up: ${e instanceof SetupError ? e.message : (e.stack ?? e)}`);
    process.exit(e.exitCode ?? 1);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const began = Date.now();
  const { cpu, window } = await runSetup({ engine: true, window: 'use' });
  if (!window.runtime) say(`set-up: ${window.why}`);
  say(`set-up: ready in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  process.exitCode = cpu ? 0 : 1;
}
