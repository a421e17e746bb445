// The command line: reads the arguments, runs one command, turns whatever is thrown into one line and an exit code.

import { errorLines, failureOf } from './errors.ts';
import { processContext } from './process-context.ts';
import { program } from './program.ts';

async function main(): Promise<void> {
  const context = processContext(process.argv.slice(2));
  try {
    await program(context).parseAsync(process.argv);
    process.exitCode = context.exitCode;
  } catch (thrown) {
    const { error, exitCode } = failureOf(thrown);
    process.exitCode = exitCode;
    if (!error) return;
    if (context.wantsJson) context.json({ error: error.toData() });
    for (const line of errorLines(error)) context.progress(line);
    if (context.debug && thrown instanceof Error) context.progress(stackOf(thrown));
  }
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

void main();
