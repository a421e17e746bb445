// Set-up in small checkouts of their own: what it skips, what survives a kill, how it refuses. Nothing is fetched.
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-setup-'));
afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

let checkout = '';
let cache = '';

/** Our build scripts beside a lock file with one small package, which npm takes from a file. */
const template = path.join(work, 'template');
beforeAll(() => {
  fs.cpSync(path.join(root, 'build'), path.join(template, 'build'), { recursive: true });
  fs.mkdirSync(path.join(template, 'main', 'engines'), { recursive: true });
  fs.copyFileSync(path.join(root, 'main/engines/lock.mjs'), path.join(template, 'main/engines/lock.mjs'));
  fs.mkdirSync(path.join(work, 'tiny'));
  fs.writeFileSync(path.join(work, 'tiny', 'package.json'), JSON.stringify({ name: 'tiny', version: '1.2.3' }));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', template, path.join(work, 'tiny')]);
  const manifest = { name: 'small', version: '1.0.0', type: 'module', dependencies: { tiny: 'file:tiny-1.2.3.tgz' } };
  fs.writeFileSync(path.join(template, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--silent'], { cwd: template });
  fs.writeFileSync(
    path.join(template, 'packages.mjs'),
    `import { ensurePackages, packagesAreThere } from './build/packages.mjs';
import { cacheFolder } from './build/paths.mjs';
import { withLock } from './main/engines/lock.mjs';
const onWait = () => console.log('waiting');
await withLock(cacheFolder + '/locks/set-up.lock', (hold) => ensurePackages(hold), { onWait });
console.log(packagesAreThere() ? 'there' : 'not there');`,
  );
});
beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(work, 'case-'));
  checkout = path.join(folder, 'checkout');
  cache = path.join(folder, 'cache');
  fs.cpSync(template, checkout, { recursive: true });
});

const env = () => ({ ...process.env, UNSMOOTH_CACHE: cache, npm_config_offline: 'true' });
const node = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, args, { cwd: checkout, env: env(), encoding: 'utf8' });
const installed = () => fs.existsSync(path.join(checkout, 'node_modules', 'tiny', 'package.json'));

describe('npm packages', () => {
  test('are installed once; a second time nothing is said and nothing is done', () => {
    const first = node('packages.mjs');
    expect(first.stdout, first.stderr).toBe('there\n');
    expect(first.stderr).toContain('npm packages installed');
    expect(installed()).toBe(true);
    expect(node('packages.mjs').stderr).toBe('');
  });

  test('that the user installed by npm are taken as they are', () => {
    execFileSync('npm', ['ci', '--silent'], { cwd: checkout, env: env() });
    expect(node('packages.mjs')).toMatchObject({ stdout: 'there\n', stderr: '' });
  });

  test('that went missing or are of another version are brought back', () => {
    node('packages.mjs');
    fs.rmSync(path.join(checkout, 'node_modules'), { recursive: true });
    expect(node('packages.mjs').stdout).toBe('there\n');
    const hidden = path.join(checkout, 'node_modules', '.package-lock.json');
    fs.writeFileSync(hidden, fs.readFileSync(hidden, 'utf8').replace('"1.2.3"', '"1.2.2"'));
    fs.rmSync(path.join(checkout, 'node_modules', '.unsmooth-lock'));
    expect(node('packages.mjs').stderr).toContain('npm packages installed');
  });

  test.each([150, 400, 700])('killed after %i ms: a second set-up finishes, also while npm lives on', async (ms) => {
    const child = spawn(process.execPath, ['packages.mjs'], { cwd: checkout, env: env(), stdio: 'ignore' });
    const closed = new Promise((resolve) => child.on('close', resolve));
    setTimeout(() => child.kill('SIGKILL'), ms);
    await closed;
    const second = node('packages.mjs');
    expect(second.stdout.endsWith('there\n'), second.stderr).toBe(true);
    expect(installed()).toBe(true);
    expect(fs.readdirSync(path.join(cache, 'locks'))).toEqual([]);
  });

  test('two set-ups at once: one installs, the other waits', async () => {
    const outputs = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<string>((resolve) => {
            const child = spawn(process.execPath, ['packages.mjs'], { cwd: checkout, env: env() });
            let text = '';
            for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (text += d));
            child.on('close', () => resolve(text));
          }),
      ),
    );
    expect(outputs.every((o) => o.endsWith('there\n'))).toBe(true);
    expect(outputs.filter((o) => o.includes('packages installed'))).toHaveLength(1);
  });

  test('that cannot be had end the set-up with a message and exit code 1', () => {
    const lock = path.join(checkout, 'package-lock.json');
    fs.writeFileSync(lock, fs.readFileSync(lock, 'utf8').replace(/sha512-[^"]{8}/, 'sha512-AAAAAAAA'));
    const { status, stderr } = node('build/setup.mjs');
    expect(status).toBe(1);
    expect(stderr).toContain('could not be installed');
    expect(stderr).toContain('start again');
    expect(stderr).not.toContain('at ensurePackages');
  });
});

test('a lock whose owner is dead or cannot be read is taken over', () => {
  const lock = path.join(cache, 'locks', 'set-up.lock');
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  for (const owners of ['[{"pid":999999999,"start":"1"}]', `[{"pid":${process.pid},"start":"1"}]`, '{', '']) {
    fs.writeFileSync(lock, owners);
    expect(node('packages.mjs').stdout).toBe('there\n');
  }
});

test('in this checkout everything is there, and set-up says so', () => {
  const { stderr } = spawnSync(process.execPath, ['build/setup.mjs'], { cwd: root, encoding: 'utf8' });
  expect(stderr).toMatch(/set-up: ready in [\d.]+ s/);
  expect(stderr).not.toContain('npm packages');
});
