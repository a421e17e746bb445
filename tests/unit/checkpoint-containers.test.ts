import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTensors } from '../../native-worker/checkpoint/open.ts';
import { allOf, expectedOf, fixture, refusalOf } from './checkpoint.fixtures.ts';

async function opened(path: string, weights?: string) {
  const file = await openTensors(path, weights === undefined ? {} : { weights });
  try {
    const { container, metadata, notes, weightSets, weights: taken } = file;
    return { container, metadata, notes, weightSets, taken, tensors: allOf(file) };
  } finally {
    file.close();
  }
}

describe('values are those that the library itself loads', () => {
  test.each<[string, string, string]>([
    ['plain.pth', 'plain', 'pytorch zip'],
    ['training.pth', 'training', 'pytorch zip'],
    ['wrapped.ckpt', 'wrapped', 'pytorch zip'],
    ['partly.ckpt', 'partly', 'pytorch zip'],
    ['views.pt', 'views', 'pytorch zip'],
    ['types.bin', 'types', 'pytorch zip'],
    ['arrays.npz', 'arrays', 'npz'],
    ['compressed.npz', 'arrays', 'npz'],
    ['sharded/model.safetensors.index.json', 'sharded', 'safetensors (sharded)'],
    ['sharded', 'sharded', 'safetensors (sharded)'],
    ['compiled.safetensors', 'sharded', 'safetensors'],
  ])('%s', async (name, expected, container) => {
    const file = await opened(fixture(name));
    expect(file.container).toBe(container);
    expect(file.tensors).toEqual(expectedOf(expected));
  });

  test('every version of the .npy header', async () => {
    const { tensors } = await opened(fixture('versions.npz'));
    const kernel = expectedOf('arrays')['embedding/kernel'];
    expect(tensors).toEqual({ v1: kernel, v2: kernel, v3: kernel });
  });

  test('as float32: half, brain and double floats, integers, booleans', async () => {
    const file = await openTensors(fixture('types.bin'));
    const numbers = [0, -1.5, 1.2345, 65504, 1e-7];
    const infinities = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect([...file.readFloat32('float64')]).toEqual([...numbers.map(Math.fround), ...infinities]);
    for (const [name, relative] of [
      ['float16', 2 ** -11],
      ['bfloat16', 2 ** -8],
    ] as const) {
      const values = [...file.readFloat32(name)];
      expect(values.slice(5)).toEqual(infinities);
      for (const [i, exact] of numbers.entries())
        expect(Math.abs((values[i] ?? Number.NaN) - exact)).toBeLessThanOrEqual(Math.abs(exact) * relative + 2 ** -25);
    }
    expect([...file.readFloat32('uint64')]).toEqual([0, 1, 2, 127]);
    expect([...file.readFloat32('bool')]).toEqual([1, 0, 1]);
    expect(() => file.readFloat32('float8_e4m3fn')).toThrow('found F8_E4M3');
    expect(() => file.read('complex')).toThrow('tensor complex: expected in the file, found none of that name');
    file.close();
  });
});

describe('what was taken, dropped and left out is said', () => {
  test('several weight sets: the trained one, another when it is asked for', async () => {
    const file = await opened(fixture('training.pth'));
    expect(file).toMatchObject({ taken: 'model', weightSets: ['model', 'model_ema'] });
    expect(file.notes).toContain('took the weights "model" of model, model_ema; another set can be asked for');
    const ema = await opened(fixture('training.pth'), 'model_ema');
    expect(ema.taken).toBe('model_ema');
    expect(ema.notes).toContain('dropped the prefix "module." of every name');
    expect(ema.tensors).toEqual(expectedOf('training.model_ema'));
    const wrong = await refusalOf(fixture('training.pth'), 'teacher');
    expect(wrong.code).toBe('CHECKPOINT_INVALID');
    expect(wrong.message).toContain('holds no weights "teacher"; it has model, model_ema');
  });

  test('what lies beside the weights becomes text, unknown objects their names', async () => {
    const { metadata, notes } = await opened(fixture('training.pth'));
    expect(JSON.parse(metadata.args ?? '')).toEqual({
      lr: 5e-4,
      data_set: 'IMNET',
      output_dir: '/out/run',
      device: 'cuda',
      betas: [0.9, 0.999],
      opt: null,
      resume: '',
    });
    expect(JSON.parse(metadata.classes ?? '').sort()).toEqual(['a', 'b']);
    const { args: _args, classes: _classes, ...others } = metadata;
    expect(others).toEqual({
      epoch: '299',
      max_accuracy: '79.875',
      best_epoch: '1099511627777',
      single: '0.10000000149011612',
      flag: 'true',
      history: '[1,2.5,"NaN",{"a":[1,2]}]',
      array: '<numpy array>',
      own: '<__main__.Own>',
      shape: '[3,4]',
      device: 'cuda:0',
      counts: '{"seen":3}',
      big: '1208925819614629174706176',
      raw: '<2 bytes>',
    });
    expect(notes).toContain('not read, beside the weights: optimizer, lr_scheduler, scaler');
  });

  test('a prefix that only some names have stays', async () => {
    const { notes, tensors } = await opened(fixture('partly.ckpt'));
    expect(notes.join()).not.toContain('prefix');
    expect(Object.keys(tensors)).toContain('criterion.weight');
  });

  test.each([
    ['plain.pth', 'share one storage: fc2.weight, tied.weight'],
    ['views.pt', 'share one storage: whole, slice, matrix, transposed and 7 more'],
    ['types.bin', 'left out: complex (ComplexFloatStorage)'],
    ['arrays.npz', 'left out: words (<U2)'],
    ['state.npz', 'took the weights "params", 1 other arrays left out'],
    ['compiled.safetensors', 'dropped the prefix "_orig_mod." of every name'],
    ['sharded', '2 shards'],
  ])('%s: %s', async (name, note) => {
    expect((await opened(fixture(name))).notes).toContain(note);
  });

  test.each(['compiled.safetensors', 'arrays.npz', 'plain.pth', 'sharded'])('%s has no named sets', async (name) => {
    expect(await opened(fixture(name))).toMatchObject({ taken: null, weightSets: [] });
    expect((await refusalOf(fixture(name), 'model_ema')).message).toContain('holds no weights "model_ema"');
  });
});

describe('refused by name, with what to do', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'containers-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test.each([
    ['legacy.pth', 'torch.save in its old form', 'torch.save(torch.load('],
    ['script.pt', 'TorchScript archive', 'torch.jit.load'],
    ['module.pth', 'a whole object of the class torch.nn.modules.container.Sequential', 'model.state_dict()'],
    ['objects.npz', 'tensor b: holds pickled Python objects', 'numpy.savez'],
  ])('%s', async (name, message, hint) => {
    const error = await refusalOf(fixture(name));
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test.each<[string, Buffer]>([
    ['a bare Python pickle', Buffer.from('\x80\x04]\x94.', 'latin1')],
    ['a single array of numpy', Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1')],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
    ['a tar archive', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0'), Buffer.alloc(300)])],
    ['compressed with gzip', Buffer.of(0x1f, 0x8b, 8, 0)],
    ['not safetensors', Buffer.from('<!DOCTYPE html><html>Not Found</html>')],
    ['expected at least 8 bytes', Buffer.alloc(0)],
  ])('%s', async (what, content) => {
    const path = join(dir, 'model.safetensors');
    writeFileSync(path, content);
    const error = await refusalOf(path);
    expect(error.code).toBe('CHECKPOINT_INVALID');
    expect(error.message).toContain(what);
  });

  test('the ending of the name decides nothing', async () => {
    const path = join(dir, 'weights.npz');
    cpSync(fixture('plain.pth'), path);
    expect((await opened(path)).container).toBe('pytorch zip');
  });

  test('shards: missing ones are named, others stay in their folder', async () => {
    const folder = join(dir, 'sharded');
    cpSync(fixture('sharded'), folder, { recursive: true });
    const index = join(folder, 'model.safetensors.index.json');
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    const missing = await refusalOf(folder);
    expect(missing.code).toBe('CHECKPOINT_NOT_FOUND');
    expect(missing.message).toContain('1 of 2 shards are missing: model-00002-of-00002.safetensors');
    for (const outside of [
      '../a.safetensors',
      '/etc/a.safetensors',
      'sub/a.safetensors',
      '..\\a.safetensors',
      'C:a.safetensors',
      'a.bin',
      '..',
    ]) {
      writeFileSync(index, JSON.stringify({ weight_map: { x: outside } }));
      const error = await refusalOf(index);
      expect(error.code).toBe('CHECKPOINT_INVALID');
      expect(error.message).toContain('of its own folder');
    }
    writeFileSync(index, JSON.stringify({ weight_map: { x: 'model-00001-of-00002.safetensors' } }));
    expect((await refusalOf(index)).message).toContain('tensor x: expected in model-00001-of-00002.safetensors');
    for (const bad of [
      '{"weight_map": 3}',
      '{"weight_map": {}}',
      '{"weight_map": {"a": 1}}',
      '{',
      '{"__proto__": {}}',
    ]) {
      writeFileSync(index, bad);
      expect((await refusalOf(index)).code).toBe('CHECKPOINT_INVALID');
    }
  });

  test('a missing file and a folder without weights are not found', async () => {
    expect((await refusalOf(join(dir, 'none.pth'))).code).toBe('CHECKPOINT_NOT_FOUND');
    expect((await refusalOf(dir)).message).toContain('is a folder without model.safetensors');
  });

  test.runIf(process.platform === 'linux')('nothing is kept open by what is refused', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 5; i++)
      for (const name of ['legacy.pth', 'script.pt', 'module.pth', 'objects.npz']) await refusalOf(fixture(name));
    expect(open()).toBeLessThanOrEqual(before);
  });
});
