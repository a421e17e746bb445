// `unsmooth doctor`: what is there, what is missing, the exact way to get it.
import type { Command } from 'commander';
import { examine, type Finding } from '../../main/engines/doctor.ts';
import type { CliContext } from '../context.ts';

const marks = { ok: 'ok      ', missing: 'MISSING ', optional: 'optional' } as const;

const line = ({ what, state, found, get }: Finding): string =>
  [marks[state], what.padEnd(22), found, get && `→ ${get}`].filter(Boolean).join('  ');

export function register(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('what is there, what is missing, and how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(async () => {
      const findings = await examine();
      context.result({ findings }, findings.map(line).join('\n'));
    });
}
