// `npm test`: set-up, then compiler, linter and vitest, and one line of sums at the end. Arguments go to vitest.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, say } from './paths.mjs';
import { runSetup } from './setup.mjs';

/** The worker's own Node where there is one: it runs TypeScript in threads, which Node 20 does not. */
const workerNode = path.join(root, 'node_modules', '.bin', 'node');

/** Runs a package's program in the foreground; its exit code. */
function foreground(program, args) {
  const node = fs.existsSync(workerNode) ? workerNode : process.execPath;
  return new Promise((resolve) => {
    const child = spawn(node, [program, ...args], { cwd: root, stdio: 'inherit' });
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
const inModules = (...parts) => path.join(root, 'node_modules', ...parts);

const { window } = await runSetup({ engine: true, window: 'test' });
if (!window.runtime) say(`set-up: ${window.why}`);
process.on('SIGINT', () => {});

const checks = [
  ['tsc -b', inModules('typescript', 'bin', 'tsc'), ['-b']],
  ['vue-tsc', path.join(root, 'build', 'check-vue.mjs'), []],
  ['biome ci', inModules('@biomejs', 'biome', 'bin', 'biome'), ['ci', '.']],
];
const failedChecks = [];
for (const [name, program, args] of checks) if ((await foreground(program, args)) !== 0) failedChecks.push(name);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-test-'));
const report = path.join(folder, 'report.json');
const code = await foreground(inModules('vitest', 'vitest.mjs'), [
  'run',
  ...['--project', 'pure', '--project', 'real', '--project', 'e2e'],
  ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
  ...process.argv.slice(2),
]);
let sums = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
if (fs.existsSync(report)) sums = JSON.parse(fs.readFileSync(report, 'utf8'));
fs.rmSync(folder, { recursive: true });

for (const name of failedChecks) say(`${name} failed`);
let failed = sums.numFailedTests + failedChecks.length;
if (code !== 0 && failed === 0) failed = 1; // a file that did not load, an error outside any test
say('');
process.stdout.write(
  `${sums.numPassedTests} passed, ${failed} failed, ${sums.numPendingTests + sums.numTodoTests} skipped\n`,
);
process.exitCode = code === 130 ? 130 : failed > 0 ? 1 : 0;
