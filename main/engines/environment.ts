// The one environment of a process that computes on an engine. Native libraries read it once, when they load, and a worker thread has
// but a copy, so it is set at spawn: the thread count is part of a run's bits.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { EngineSelection } from '../../contract/worker-api.ts';

/**
 * XLA allocates its temporary buffers anew each step. Kept by the heap and on huge pages they cost no page faults: 630-730 ms of CPU
 * a step instead of 930-1000 (6 layers, 192 wide, 65 tokens, batch 32, 2 cores; glibc alone reads it).
 */
const heapTunables =
  'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592';

/**
 * On the CPU this pass turns a sum over a row into windows of 32 that run as plain loops; without it the sum is one vectorised kernel
 * (760 ms of CPU a step instead of 1,000 on the same shape). Sums that are long enough to lose digits are taken by rows in our own code.
 */
const cpuFlags = '--xla_disable_hlo_passes=tree-reduction-rewriter';

const threadVariables = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'];

/**
 * Variables in which `name` computes, over those of `user`; TensorFlow's notices are kept quiet, its errors are not. TensorFlow turns
 * oneDNN on by itself on some processors only; with AVX2 alone its products are 1.4 times as fast in a graph (296 ms a step instead of 412).
 */
export function engineEnvironment(
  name: string,
  folder: string | null,
  user: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  return {
    TF_CPP_MIN_LOG_LEVEL: '2',
    ...(process.platform === 'linux' ? { GLIBC_TUNABLES: user.GLIBC_TUNABLES ?? heapTunables } : {}),
    ...(name === 'cpu'
      ? { XLA_FLAGS: flags(user, cpuFlags), TF_ENABLE_ONEDNN_OPTS: user.TF_ENABLE_ONEDNN_OPTS ?? '1' }
      : {}),
    ...(name === 'cuda' && folder !== null
      ? {
          TF_FORCE_GPU_ALLOW_GROWTH: 'true',
          XLA_FLAGS: flags(user, `--xla_gpu_cuda_data_dir=${path.join(folder, 'deps', 'nvidia', 'cuda_nvcc')}`),
        }
      : {}),
  };
}

/** Ours before the user's: of two, XLA takes the later. */
const flags = (user: NodeJS.ProcessEnv, own: string): string => [own, user.XLA_FLAGS].filter(Boolean).join(' ');

/** What a worker is spawned with, over the user's own environment. */
export function workerEnvironment(
  engine: EngineSelection,
  user: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const threads = Object.fromEntries(threadVariables.map((variable) => [variable, String(engine.threads)]));
  // Images are decoded in libuv's threads; its four would hold back more loader threads than that.
  const decoding = user.UV_THREADPOOL_SIZE ?? String(Math.max(4, Math.min(64, availableParallelism() + 2)));
  return {
    ...engineEnvironment(engine.name, engine.dir, user),
    TF_CPP_MIN_LOG_LEVEL: '3',
    UV_THREADPOOL_SIZE: decoding,
    ...threads,
  };
}
