// A tiny real training through the bundled command line, in a library of its own, for what Python peers then read.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { RecipeInput } from '../../contract/recipe.ts';
import { engineFolder } from '../../main/engines/index.ts';
import { type Ended, type Started, startCli } from '../process/cli.ts';

export interface TinyLibrary {
  folder: string;
  cli(args: readonly string[]): Promise<Ended>;
  /** `train` with this recipe; the run folder is the only one in `runs`. */
  train(recipe: RecipeInput): Started;
  /** The folder of that run, once there is one. */
  runFolder(): string | undefined;
  remove(): void;
}

/** A library and a cache of their own, with the installed engine in it and the form that needs no compile. */
export function tinyLibrary(): TinyLibrary {
  const folder = mkdtempSync(path.join(tmpdir(), 'unsmooth-peers-run-'));
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  symlinkSync(path.dirname(engineFolder('cpu')), path.join(cache, 'engines'));
  writeFileSync(path.join(cache, 'form.json'), JSON.stringify({ version: 1, forms: { cpu: 'graph' } }));
  const env = { UNSMOOTH_LIBRARY: path.join(folder, 'library'), UNSMOOTH_CACHE: cache };
  const runs = path.join(folder, 'library', 'runs');
  return {
    folder,
    cli: (args) => startCli(args, env).ended,
    train(recipe) {
      const file = path.join(folder, 'recipe.yaml');
      writeFileSync(file, stringify(recipe));
      return startCli(['train', file, '--json'], env);
    },
    runFolder() {
      const names = existsSync(runs) ? readdirSync(runs) : [];
      const name = names.find((n) => existsSync(path.join(runs, n, 'run.json')));
      return name && path.join(runs, name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
