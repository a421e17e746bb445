// An error as one line on stderr, whatever threw it.
import { CommanderError } from 'commander';
import { exitCodeOf, UnsmoothError } from '../contract/errors.ts';

const sentence = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' || /[.!?]$/.test(line) ? line : `${line}.`;
};

/** `unsmooth: [CODE] what happened. What to do.`, then each problem on its own line where there are several. */
export function errorLines(error: UnsmoothError): string[] {
  const what = [sentence(error.message), sentence(error.hint)].filter(Boolean).join(' ');
  const problems = error.problems.length > 1 ? error.problems.map((p) => `  ${p.where}: ${p.message}`) : [];
  return [`unsmooth: [${error.code}] ${what}`, ...problems];
}

/** Commander's refusals as ours. */
function fromCommander(error: CommanderError): UnsmoothError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  return new UnsmoothError('USAGE', first, suggestion || '`unsmooth --help` lists the commands');
}

export interface Failure {
  exitCode: number;
  /** Undefined where commander showed its help or version and all is said. */
  error: UnsmoothError | undefined;
}

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommanderError) {
    if (thrown.code === 'commander.helpDisplayed' || thrown.code === 'commander.version')
      return { exitCode: 0, error: undefined };
    if (thrown.code === 'commander.help') return { exitCode: 2, error: undefined }; // no command was given
    return { exitCode: 2, error: fromCommander(thrown) };
  }
  const error = UnsmoothError.from(thrown);
  return { exitCode: exitCodeOf(error.code), error };
}
