// Where an engine lies and the environment a process needs for it. A native library reads the real environment once, when it
// loads, and a worker thread's process.env is a copy: so it is set at spawn. Imports nothing heavy.
import { homedir } from 'node:os';
import { join } from 'node:path';

export type NativeEngine = 'cuda' | 'cpu';

/** The user's cache folder of Unsmooth: UNSMOOTH_CACHE, else the XDG cache folder's. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.UNSMOOTH_CACHE) return env.UNSMOOTH_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unsmooth');
}

/** The folder of an engine: `lib/napi-v8/tfjs_binding.node` and `deps/lib/` lie in it. */
export function engineFolder(engine: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'engines', engine);
}

/** The file that has to be there for an engine to load. */
export function bindingFile(engineDir: string): string {
  return join(engineDir, 'lib', 'napi-v8', 'tfjs_binding.node');
}

/**
 * Environment variables to spawn a process with that will load `engine`. Bits depend on the number of threads, so a run
 * decides it once and keeps it.
 * @param threads threads of one operation and between operations; undefined leaves both to the engine
 */
export function engineEnvironment(engine: string, engineDir: string, threads?: number): Record<string, string> {
  const count = threads === undefined ? {} : Object.fromEntries(threadVariables.map((name) => [name, String(threads)]));
  const base = { TF_CPP_MIN_LOG_LEVEL: '3', ...count };
  if (engine !== 'cuda') return base;
  return {
    ...base,
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    XLA_FLAGS: `--xla_gpu_cuda_data_dir=${join(engineDir, 'deps', 'nvidia', 'cuda_nvcc')}`,
  };
}

const threadVariables = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'];
