// Brings a checkout from nothing to ready: npm packages, bundles, a Node for the worker, the CPU engine. Each step is skipped when
// it is done, and can be killed and started again. No dependency: it runs before anything is installed.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from '../main/engines/lock.mjs';
import { bundle, bundleIsFresh } from './bundle.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { ensurePackages, packagesAreThere } from './packages.mjs';
import { cacheFolder, root, SetupError, say } from './paths.mjs';

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

async function ensureAll({ engine }) {
  checkNode();
  if (!packagesAreThere() || !bundleIsFresh()) {
    const onWait = (pid) => say(`set-up: waiting for another set-up (process ${pid})`);
    await withLock(
      path.join(cacheFolder, 'locks', 'set-up.lock'),
      async (hold) => {
        await ensurePackages(hold);
        await bundle({ say });
      },
      { onWait },
    );
  }
  if (!engine) return { cpu: false, why: '' };
  const engines = engineServices();
  const node = engines.workerNode();
  if (node.note) say(`set-up: ${node.note}`);
  const result = await ensureCpuEngine();
  if (!result.cpu) say(`set-up: the CPU engine is not there, going on with wasm. ${result.why}`);
  if (engines.nvidiaDriver() && engines.engineStatus('cuda').state === 'missing')
    say('set-up: an NVIDIA driver was found. For training on the GPU: npx unsmooth engines install cuda');
  return result;
}

/**
 * Brings everything that is missing. A failure ends the process with its message and exit code.
 * @param {{engine: boolean}} options engine: also the CPU engine and what it needs
 * @returns {Promise<{cpu: boolean, why: string}>} whether the CPU engine is there; if not, why and how to get it
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
  const { cpu } = await runSetup({ engine: true });
  say(`set-up: ready in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  process.exitCode = cpu ? 0 : 1;
}
