// Builds the window's pages by Vite into dist/renderer, in one piece. Skipped when no source of theirs changed.
import fs from 'node:fs';
import path from 'node:path';
import { packagesOf } from './licences.mjs';
import { root } from './paths.mjs';

const dist = path.join(root, 'dist');
const out = path.join(dist, 'renderer');
const stampFile = path.join(dist, 'pages.json');
const config = path.join(root, 'renderer', 'vite.config.ts');
const folders = ['renderer', 'contract', 'core'];
const files = ['package-lock.json', 'build/pages.mjs'];

/** Every source with its time and size, a line each. */
function sources() {
  const found = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
      .filter((file) => !file.startsWith(path.join('renderer', 'public'))),
  );
  const state = (file) => {
    const { mtimeMs, size } = fs.statSync(path.join(root, file));
    return `${mtimeMs}:${size}`;
  };
  return [...found, ...files]
    .sort()
    .map((f) => `${f} ${state(f)}`)
    .join('\n');
}

/** True when the pages are there and every source is as it was when they were made. */
export function pagesAreFresh() {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile, 'utf8'));
    return fs.existsSync(path.join(out, 'index.html')) && stamp.sources === sources();
  } catch {
    return false; // no stamp
  }
}

/** Pages that do not build leave the old ones. Throws Vite's error. */
export async function makePages({ force = false } = {}) {
  if (!force && pagesAreFresh()) return 'fresh';
  const { build } = await import('vite');
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production'; // a test runner's own would make pages for developers
  const before = sources();
  const taken = new Set();
  const listing = {
    name: 'unsmooth-listing',
    enforce: 'pre',
    transform(_code, id) {
      taken.add(path.relative(root, id.split('?')[0]));
    },
  };
  const fresh = `${out}.${process.pid}.tmp`;
  try {
    await build({ configFile: config, logLevel: 'error', plugins: [listing], build: { outDir: fresh } });
    fs.rmSync(out, { recursive: true, force: true });
    fs.renameSync(fresh, out);
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
    fs.rmSync(fresh, { recursive: true, force: true });
  }
  const stamp = { sources: before, packages: packagesOf([...taken]) };
  fs.writeFileSync(`${stampFile}.${process.pid}.tmp`, JSON.stringify(stamp, null, 1));
  fs.renameSync(`${stampFile}.${process.pid}.tmp`, stampFile);
  return 'made';
}
