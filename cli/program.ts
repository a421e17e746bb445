// The commands put together. One file a command; nothing here knows what a command does.
import { Command } from 'commander';
import { version } from '../contract/version.ts';
import { register as bench } from './commands/bench.ts';
import { register as compare } from './commands/compare.ts';
import { register as convert } from './commands/convert.ts';
import { register as datasets } from './commands/datasets.ts';
import { register as diagnose } from './commands/diagnose.ts';
import { register as doctor } from './commands/doctor.ts';
import { register as engines } from './commands/engines.ts';
import { register as evaluate } from './commands/evaluate.ts';
import { register as exportCheckpoint } from './commands/export.ts';
import { register as forward } from './commands/forward.ts';
import { register as inspect } from './commands/inspect.ts';
import { register as report } from './commands/report.ts';
import { register as resume } from './commands/resume.ts';
import { register as runs } from './commands/runs.ts';
import { register as train } from './commands/train.ts';
import type { CliContext } from './context.ts';

const commands = [
  train,
  resume,
  runs,
  diagnose,
  evaluate,
  forward,
  inspect,
  convert,
  exportCheckpoint,
  compare,
  report,
  datasets,
  engines,
  bench,
  doctor,
];

export function program(context: CliContext): Command {
  const top = new Command('unsmooth')
    .description('Trains Vision Transformers that keep their patches apart, and shows where representations collapse.')
    .version(version)
    .option('--debug', 'show the stack of an error')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });
  for (const register of commands) register(top, context);
  return top;
}
