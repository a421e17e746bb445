// The commands put together. One file a command; nothing here knows what a command does.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { register as doctor } from './commands/doctor.ts';
import { register as engines } from './commands/engines.ts';
import { register as resume } from './commands/resume.ts';
import { register as train } from './commands/train.ts';
import type { CliContext } from './context.ts';

const commands = [train, resume, engines, doctor];

export function program(context: CliContext): Command {
  const top = new Command('unsmooth')
    .description('Trains Vision Transformers that keep their patches apart, and shows where representations collapse.')
    .version(ownVersion())
    .option('--debug', 'show the stack of an error')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });
  for (const register of commands) register(top, context);
  return top;
}

/** The version in the package.json one folder above, from the sources and from the bundle alike. */
function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
