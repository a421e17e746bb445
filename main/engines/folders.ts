// Where engines lie in the user's cache, and where this program's own parts lie. Paths only: nothing is read or made here.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { homeFolder } from '../files/home.ts';
import { programFolder } from '../files/program.ts';

/** UNSMOOTH_CACHE, else the platform's cache folder. Throws USAGE for a user without a home folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.UNSMOOTH_CACHE || path.join(env.XDG_CACHE_HOME || path.join(homeFolder(), '.cache'), 'unsmooth');
}

/** Lock files of installations and of devices: one machine's, whatever library is in use. */
export const locksFolder = (cache: string): string => path.join(cache, 'locks');
export const enginesFolder = (cache: string): string => path.join(cache, 'engines');
export const engineFolder = (name: string, cache = cacheFolder()): string => path.join(enginesFolder(cache), name);
export const bindingOf = (folder: string): string => path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');

/** The folder of an npm package that is there as files. Throws where it is not installed. */
export function packageFolder(name: string): string {
  return path.dirname(createRequire(path.join(programFolder(), 'here.cjs')).resolve(`${name}/package.json`));
}

/** A binding that came with the program (the packaged app carries one, so that users need no compiler), or null. */
export function prebuiltBinding(): string | null {
  const file = path.join(programFolder(), 'prebuilt', `${process.platform}-${process.arch}`, 'tfjs_binding.node');
  return fs.existsSync(file) ? file : null;
}
