// `unsmooth resume RUN`: goes on from the last checkpoint of a run.
import path from 'node:path';
import type { Command } from 'commander';
import { prepareResume } from '../../main/training/prepare.ts';
import type { CliContext } from '../context.ts';
import { train } from './train.ts';

export function register(program: Command, context: CliContext): void {
  program
    .command('resume')
    .description('go on with a run from its last checkpoint')
    .argument('<run>', 'folder, id, or the beginning of an id')
    .option('--runs <dir>', 'folder that holds the run folders, instead of the library')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, options: { runs?: string }) => {
      const runs = options.runs === undefined ? context.runs : path.resolve(options.runs);
      const { job, notes } = prepareResume(name, { library: context.library, runs });
      for (const note of notes) context.progress(note);
      await train(job, context);
    });
}
