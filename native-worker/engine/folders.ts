// Where an engine lies by default, for callers that name no folder. Main decides for workers; imports nothing heavy.
import { homedir } from 'node:os';
import { join } from 'node:path';

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
