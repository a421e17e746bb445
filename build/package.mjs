// `npm run package`: the unpacked app for this platform in dist/package/<platform>-unpacked, on the runtime that set-up found, with
// nothing fetched. --out FOLDER puts it elsewhere.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { placeParts } from './package-parts.mjs';
import { cacheFolder, root, SetupError, say } from './paths.mjs';
import { sandboxNeeds } from './sandbox.mjs';
import { runSetup } from './setup.mjs';

const dist = path.join(root, 'dist');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const product = 'Unsmooth';

/** What lies in app.asar: the window's process and its pages. */
function placeApp(target) {
  const { version, description, license } = manifest;
  const app = { name: 'unsmooth', productName: product, version, description, license, author: product };
  fs.writeFileSync(path.join(target, 'package.json'), JSON.stringify({ ...app, main: 'electron-main.cjs' }, null, 2));
  for (const name of ['electron-main.cjs', 'electron-main.cjs.map', 'electron-preload.cjs', 'icon.png'])
    fs.copyFileSync(path.join(dist, name), path.join(target, name));
  fs.cpSync(path.join(dist, 'renderer'), path.join(target, 'renderer'), { recursive: true });
}

/** The installed engine's binding; it serves every engine of this platform and every Node. */
function readyBinding() {
  const file = path.join(cacheFolder, 'engines', 'cpu', 'lib', 'napi-v8', 'tfjs_binding.node');
  return fs.existsSync(file) ? file : null;
}

/** Doors of the runtime that a finished app has no use for. */
const fuses = {
  runAsNode: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  onlyLoadAppFromAsar: true,
};

/** Chromium's sandbox helper works where the system has no user namespaces, but only as root's. */
function ownSandboxHelper(folder) {
  const helper = path.join(folder, 'chrome-sandbox');
  if (process.platform !== 'linux' || process.getuid() !== 0 || !fs.existsSync(helper)) return;
  fs.chownSync(helper, 0, 0);
  fs.chmodSync(helper, 0o4755);
}

async function makePackage(out) {
  const { runtime, why } = (await runSetup({ engine: true, window: 'use' })).window;
  if (!runtime) throw new SetupError(why, '');
  if (runtime.kind === 'test') say('package: on the test runtime, for tests only: not to be given to anybody');
  const stage = path.join(dist, `package.${process.pid}.tmp`);
  const app = path.join(stage, 'app');
  const parts = path.join(stage, 'program');
  for (const folder of [app, parts]) fs.mkdirSync(folder, { recursive: true });
  try {
    placeApp(app);
    const binding = readyBinding();
    if (!binding) say('package: the CPU engine is not installed here, so users need g++ to install it');
    await placeParts(parts, binding);
    const { build, Platform } = await import('electron-builder');
    await build({
      targets: Platform.current().createTarget('dir'),
      projectDir: root,
      publish: 'never',
      config: {
        appId: 'unsmooth.app',
        productName: product,
        directories: { app, output: out, buildResources: path.join(root, 'build', 'icons') },
        electronDist: runtime.dist,
        electronVersion: runtime.version,
        electronFuses: fuses,
        beforeBuild: async () => false, // packages are placed by this script: none are rebuilt, none are looked for
        asar: true,
        files: ['**/*'],
        linux: { executableName: 'unsmooth', category: 'Science', icon: path.join(root, 'build', 'icons') },
        mac: { category: 'public.app-category.developer-tools', identity: null },
        afterPack: ({ appOutDir, packager }) => {
          const resources = packager.getResourcesDir(appOutDir);
          fs.rmSync(path.join(resources, 'default_app.asar'), { force: true }); // what a bare runtime would show
          fs.cpSync(parts, path.join(resources, 'program'), { recursive: true });
          fs.copyFileSync(path.join(root, 'LICENSE'), path.join(appOutDir, 'LICENSE.unsmooth.txt'));
          ownSandboxHelper(appOutDir);
        },
      },
    });
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = path.resolve(values.out ?? path.join(dist, 'package'));
const began = Date.now();
try {
  await makePackage(out);
  const unpacked = path.join(out, `${process.platform === 'win32' ? 'win' : process.platform}-unpacked`);
  const needs = sandboxNeeds(unpacked);
  if (needs) say(`package: on this system the app starts only after ${needs}`);
  say(`package: ${out}, in ${Math.round((Date.now() - began) / 1000)} s`);
} catch (e) {
  say(`package: ${e instanceof SetupError ? e.message : (e.stack ?? e)}`);
  process.exitCode = e.exitCode ?? 1;
}
