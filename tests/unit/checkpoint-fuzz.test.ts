// Files of weights with random damage: each is read cleanly or refused with a named error, and leaves nothing behind.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { openTensors } from '../../native-worker/checkpoint/open.ts';
import { fixture, py, torchZipOf } from './checkpoint.fixtures.ts';

const mutants = 2000;

/** Numbers in [0, n) from a seed: mulberry32. */
function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const odd = [
  '00',
  'ff',
  '7f',
  '80',
  '0000',
  'ffff',
  '00000080',
  'ffffff7f',
  'ffffffff',
  '0000000000000080',
  'ffffffffffffffff',
];

/** One to four changes: bytes, odd numbers, pieces copied over others, and rarely a cut, an insertion or a removal. */
function mutate(whole: Uint8Array, random: (n: number) => number): Buffer {
  let bytes = Buffer.from(whole);
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 16; changes--) {
    // Half of the changes go where headers and pickles are.
    const at = random(random(2) ? bytes.length : Math.min(bytes.length, 1500));
    const length = 1 + random(40);
    const kind = random(20);
    if (kind < 8) bytes[at] = random(256);
    else if (kind < 12) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    else if (kind < 16) Buffer.from(odd[random(odd.length)] ?? '', 'hex').copy(bytes, at);
    else if (kind < 17) bytes.copy(bytes, at, random(bytes.length), bytes.length - random(bytes.length));
    else if (kind < 18) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (kind < 19) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(0, length), bytes.subarray(at)]);
    else bytes = bytes.subarray(0, Math.max(at, 1));
  }
  return bytes;
}

/** Reads all that is of a sane size; whether it was whole. Throws anything but an UnsmoothError, or when tensors blow up. */
async function survives(path: string, size: number): Promise<boolean> {
  try {
    const file = await openTensors(path);
    try {
      let total = 0;
      for (const [name, { bytes }] of file.tensors) {
        total += bytes;
        if (bytes > 2 ** 16) continue;
        if (file.read(name).byteLength !== bytes) throw new Error(`${name}: expected ${bytes} bytes`);
        for (const piece of file.chunks(name, 100)) if (piece.length > 100) throw new Error('a piece too long');
      }
      if (total > 2 ** 26 + 8 * size) throw new Error(`${total} bytes of tensors from ${size}`);
    } finally {
      file.close();
    }
    return true;
  } catch (e) {
    if (!(e instanceof UnsmoothError) || e.code === 'INTERNAL') throw e;
    if (!['CHECKPOINT_INVALID', 'CHECKPOINT_NOT_FOUND'].includes(e.code) || !e.message || !e.hint) throw e;
    return false;
  }
}

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fuzz-'));
});
afterEach(() => rmSync(dir, { recursive: true }));
const openFiles = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

/** Mutants of `bases`, each written by `place`, which gives the path to open and puts back what the last one changed. */
async function fuzz(seed: number, bases: readonly Buffer[], place: (mutant: Buffer, base: number) => string) {
  const random = randomFrom(seed);
  const before = { files: openFiles(), memory: process.memoryUsage().rss, folder: readdirSync(dir) };
  let [whole, refused] = [0, 0];
  for (let i = 0; i < mutants; i++) {
    const base = i % bases.length;
    const mutant = mutate(bases[base] ?? Buffer.alloc(0), random);
    try {
      if (await survives(place(mutant, base), mutant.length)) whole++;
      else refused++;
    } catch (e) {
      throw new Error(`mutant ${i} of seed ${seed}: ${e instanceof Error ? e.stack : e}`, { cause: e });
    }
  }
  expect(openFiles()).toBeLessThanOrEqual(before.files);
  expect(process.memoryUsage().rss - before.memory).toBeLessThan(2 ** 29);
  expect(readdirSync(dir).filter((name) => name !== 'mutant')).toEqual(before.folder);
  expect(Object.keys(Object.prototype)).toEqual([]);
  // Damage of both kinds was met: in what is read over, and in what must be refused.
  expect(whole).toBeGreaterThan(mutants / 50);
  expect(refused).toBeGreaterThan(mutants / 10);
}

const one = (mutant: Buffer): string => {
  const path = join(dir, 'mutant');
  writeFileSync(path, mutant);
  return path;
};
const bases = (...names: string[]): Buffer[] => names.map((name) => readFileSync(fixture(name)));
const patience = 300_000;

test('safetensors', () => fuzz(1, bases('compiled.safetensors', 'types.expected.safetensors'), one), patience);

test('torch.save', () => fuzz(2, bases('training.pth', 'views.pt', 'types.bin', 'wrapped.ckpt'), one), patience);

test(
  'pickles that try to run something',
  async () => {
    const marker = join(dir, 'executed');
    const system = py.call(py.global('os', 'system'), py.text(`touch ${marker}`));
    const tensor = py.tensor(py.storage('0', 6), 1, [2, 2], [2, 1]);
    const pickle = py.bytes(py.dict({ model: py.dict({ x: tensor, y: tensor }), args: system, again: `${system}}b` }));
    const storages = { 0: new Uint8Array(24) };
    await fuzz(3, [pickle], (mutant) => one(torchZipOf(mutant, storages)));
  },
  patience,
);

test('numpy.savez', () => fuzz(4, bases('arrays.npz', 'compressed.npz', 'versions.npz', 'state.npz'), one), patience);

test(
  'shards and their index',
  async () => {
    const folder = join(dir, 'sharded');
    cpSync(fixture('sharded'), folder, { recursive: true });
    const names = readdirSync(folder);
    const originals = bases(...names.map((name) => join('sharded', name)));
    let changed = 0;
    await fuzz(5, originals, (mutant, base) => {
      writeFileSync(join(folder, names[changed] ?? ''), originals[changed] ?? '');
      writeFileSync(join(folder, names[base] ?? ''), mutant);
      changed = base;
      return join(folder, 'model.safetensors.index.json');
    });
  },
  patience,
);
