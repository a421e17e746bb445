// Names, places, states and choices of engines, on folders made by the test.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workerEnvironment } from '../../main/engines/environment.ts';
import {
  chooseEngine,
  engineNamed,
  engineStatus,
  formatBytes,
  listEngines,
  progressLines,
  removeEngine,
} from '../../main/engines/index.ts';
import { placeOf, tensorflowPlan, wheelTags } from '../../main/engines/plans.ts';
import { filesBelow, writeRecord } from '../../main/engines/record.ts';

let cache = '';
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-cache-'));
});
afterEach(() => fs.rmSync(cache, { recursive: true, force: true }));

/** A folder with the files' names and a true record, no library in it. */
function putEngine(name: 'cpu' | 'cuda'): string {
  const folder = path.join(cache, 'engines', name);
  fs.mkdirSync(path.join(folder, 'deps', 'lib'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'deps', 'lib', 'libtensorflow_cc.so.2'), 'library');
  writeRecord(folder, {
    format: 1,
    name,
    version: tensorflowPlan(name, '').version,
    sources: Object.fromEntries(tensorflowPlan(name, '').wheels.map((w) => [w.file, w.sha256])),
    binding: 'built',
    device: null,
    files: filesBelow(folder),
    installed_at: '2026-01-01T00:00:00.000Z',
  });
  return folder;
}

test('a wheel name carries project, version and platforms', () => {
  expect(wheelTags('nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl')).toEqual({
    project: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    platforms: ['manylinux2010_x86_64', 'manylinux_2_12_x86_64'],
  });
});

test('the pins are whole: a sha256 each, no file twice, the twelve parts of CUDA', () => {
  const { wheels } = tensorflowPlan('cuda', '');
  expect(wheels.filter((w) => w.file.startsWith('nvidia_'))).toHaveLength(12);
  expect(new Set(wheels.map((w) => w.file)).size).toBe(wheels.length);
  for (const w of wheels) expect(w.sha256).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ['tensorflow/libtensorflow_cc.so.2', 'deps/lib/libtensorflow_cc.so.2'],
  ['tensorflow/include/tensorflow/c/c_api.h', 'build/include/tensorflow/c/c_api.h'],
  ['tensorflow/include/Eigen/Core', null],
  ['tensorflow/python/ops.py', null],
  ['nvidia/cudnn/lib/libcudnn.so.9', 'deps/nvidia/cudnn/lib/libcudnn.so.9'],
  ['nvidia/cuda_nvcc/bin/ptxas', 'deps/nvidia/cuda_nvcc/bin/ptxas'],
  ['nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc', 'deps/nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc'],
  ['nvidia/cuda_runtime/lib/libcudart_static.a', null],
  ['nvidia/cudnn/include/cudnn.h', null],
])('%s goes to %s', (entry, place) => {
  expect(placeOf(entry)).toBe(place);
});

test('an unknown engine is refused with the nearest name', () => {
  expect(() => engineNamed('cdua')).toThrow(
    expect.objectContaining({ code: 'ENGINE_UNKNOWN', hint: 'Did you mean cuda?' }),
  );
});

const onLinux = process.platform === 'linux' && process.arch === 'x64';

test.runIf(onLinux)('states: missing, installed, broken and why', () => {
  expect(listEngines(cache).map((e) => [e.name, e.state])).toEqual([
    ['cuda', 'missing'],
    ['cpu', 'missing'],
    ['webgpu', 'missing'],
    ['wasm', 'installed'],
  ]);
  const folder = putEngine('cpu');
  expect(engineStatus('cpu', cache)).toMatchObject({ state: 'installed', folder, bytes: 7, get: '' });
  fs.writeFileSync(path.join(folder, 'deps', 'lib', 'libtensorflow_cc.so.2'), 'cut');
  expect(engineStatus('cpu', cache)).toMatchObject({ state: 'broken', why: expect.stringContaining('expected 7') });
  fs.rmSync(path.join(folder, 'deps'), { recursive: true });
  expect(engineStatus('cpu', cache).why).toContain('is missing');
  fs.writeFileSync(path.join(folder, 'engine.json'), '{');
  expect(engineStatus('cpu', cache)).toMatchObject({ state: 'broken', why: 'engine.json is damaged' });
});

test('an engine made from other wheels than the pinned ones is broken', () => {
  const folder = putEngine('cpu');
  const record = JSON.parse(fs.readFileSync(path.join(folder, 'engine.json'), 'utf8'));
  writeRecord(folder, { ...record, sources: {} });
  expect(engineStatus('cpu', cache)).toMatchObject({ state: 'broken', why: expect.stringContaining('other files') });
});

test('removing frees the folder; what is not there is not an error', async () => {
  const folder = putEngine('cpu');
  expect(await removeEngine('cpu', { cache })).toBe(7);
  expect(fs.existsSync(folder)).toBe(false);
  expect(await removeEngine('cpu', { cache })).toBe(0);
  await expect(removeEngine('wasm', { cache })).rejects.toMatchObject({ code: 'USAGE' });
});

test('auto takes wasm where nothing is installed and says how to get more', () => {
  const { engine, notes } = chooseEngine('auto', 2, { cache });
  expect(engine).toEqual({ name: 'wasm', dir: null, form: 'replay', threads: 2 });
  if (onLinux) expect(notes.join()).toContain('unsmooth engines install cpu');
});

test('auto takes the CPU engine, its threads fixed in the environment', () => {
  const dir = putEngine('cpu');
  const { engine, notes } = chooseEngine('auto', 3, { cache });
  expect(engine).toEqual({ name: 'cpu', dir, form: 'xla', threads: 3 });
  expect(workerEnvironment(engine)).toMatchObject({ TF_NUM_INTRAOP_THREADS: '3', OMP_NUM_THREADS: '3' });
  expect(notes).toEqual([]);
});

test('CUDA without a driver: auto prefers the CPU engine, a wish for cuda is told in one sentence', () => {
  putEngine('cpu');
  const dir = putEngine('cuda');
  expect(chooseEngine('auto', 1, { cache, driver: null }).engine.name).toBe('cpu');
  const { engine, notes } = chooseEngine('cuda', 1, { cache, driver: null });
  expect(engine.name).toBe('cpu');
  expect(notes).toEqual(['No NVIDIA driver was found on this machine, so the CUDA engine computes on the CPU.']);
  const driven = chooseEngine('auto', 1, { cache, driver: 'a driver' }).engine;
  expect(driven).toMatchObject({ name: 'cuda', dir });
  expect(workerEnvironment(driven)).toMatchObject({ TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
});

test('a named engine that is not there is an error with the way to get it', () => {
  expect(() => chooseEngine('webgpu', 'auto', { cache })).toThrow(
    expect.objectContaining({ code: 'ENGINE_MISSING', hint: expect.stringContaining('engines install webgpu') }),
  );
});

test('progress: events as lines, bytes at most one line a while and one at the end', () => {
  const lines: string[] = [];
  const onProgress = progressLines((l) => lines.push(l), 1e9);
  onProgress({ phase: 'plan', message: 'plan' });
  for (const bytes of [0, 1e6, 2e6, 4e6, 4e6])
    onProgress({ phase: 'download', message: 'fetching', bytes, total: 4e6 });
  expect(lines).toEqual(['plan', 'fetching: 1 kB of 4 MB (0 %)', 'fetching: 4 MB of 4 MB (100 %)']);
  expect(formatBytes(3.38e9)).toBe('3.4 GB');
});

test("a worker's environment: threads, the heap's tunables on Linux unless the user has his own, CUDA's parts", () => {
  const cpu = { name: 'cpu', dir: '/e', form: 'xla', threads: 2 } as const;
  const { GLIBC_TUNABLES: tunables, UV_THREADPOOL_SIZE: decoding, ...plain } = workerEnvironment(cpu, {});
  expect(Number(decoding)).toBeGreaterThanOrEqual(4);
  expect(plain).toEqual({
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_NUM_INTRAOP_THREADS: '2',
    TF_NUM_INTEROP_THREADS: '2',
    OMP_NUM_THREADS: '2',
    TF_ENABLE_ONEDNN_OPTS: '1',
    XLA_FLAGS: '--xla_disable_hlo_passes=tree-reduction-rewriter',
  });
  expect(workerEnvironment(cpu, { XLA_FLAGS: '--mine' }).XLA_FLAGS).toMatch(/rewriter --mine$/);
  if (process.platform === 'linux') {
    expect(tunables).toMatch(/^glibc\.malloc\.hugetlb=1:/);
    expect(workerEnvironment(cpu, { GLIBC_TUNABLES: 'mine' }).GLIBC_TUNABLES).toBe('mine');
  } else expect(tunables).toBeUndefined();
  expect(workerEnvironment({ ...cpu, name: 'cuda' }, {})).toMatchObject({
    XLA_FLAGS: `--xla_gpu_cuda_data_dir=${path.join('/e', 'deps', 'nvidia', 'cuda_nvcc')}`,
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  });
});
