// The command line: reads the arguments, runs one command, turns whatever is thrown into one line and an exit code.

import { errorLines, failureOf } from './errors.ts';
import { processContext } from './process-context.ts';
import { program } from './program.ts';

const context = processContext(process.argv.slice(2));

async function main(): Promise<void> {
  try {
    await program(context).parseAsync(process.argv);
    process.exitCode = context.exitCode;
  } catch (thrown) {
    process.exitCode = tell(thrown);
  }
}

/** Says what went wrong; returns the exit code. */
function tell(thrown: unknown): number {
  const { error, exitCode } = failureOf(thrown);
  if (!error) return exitCode;
  if (context.wantsJson) context.json({ error: error.toData() });
  for (const line of errorLines(error)) context.progress(line);
  if (context.debug && thrown instanceof Error) context.progress(stackOf(thrown));
  return exitCode;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

process.on('uncaughtException', (thrown) => process.exit(tell(thrown)));
void main();
