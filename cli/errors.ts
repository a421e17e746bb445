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

/** Commander's refusals as ours; undefined where it only showed help or its version. */
export function fromCommander(error: CommanderError): UnsmoothError | undefined {
  if (['commander.helpDisplayed', 'commander.version'].includes(error.code)) return undefined;
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  return new UnsmoothError('USAGE', first, suggestion || '`unsmooth --help` lists the commands');
}

export interface Failure {
  exitCode: number;
  error: UnsmoothError | undefined;
}

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommanderError) {
    const error = fromCommander(thrown);
    return { exitCode: error ? 2 : 0, error };
  }
  const error = UnsmoothError.from(thrown);
  return { exitCode: exitCodeOf(error.code), error };
}
