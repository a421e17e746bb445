// `unsmooth engines list|install|remove`: what computes, and how to get it.
import type { Command } from 'commander';
import {
  type EngineStatus,
  formatBytes,
  installEngine,
  listEngines,
  progressLines,
  removeEngine,
} from '../../main/engines/index.ts';
import type { CliContext } from '../context.ts';

function line(e: EngineStatus): string {
  const size =
    e.name === 'wasm'
      ? 'always there'
      : e.state === 'installed'
        ? formatBytes(e.bytes)
        : `${formatBytes(e.fetchBytes)} to fetch`;
  const state = e.why ? `${e.state}: ${e.why}` : e.state;
  return [e.name.padEnd(7), state.padEnd(10), size.padEnd(16), e.version, e.get && `→ ${e.get}`].join('  ').trimEnd();
}

export function register(program: Command, context: CliContext): void {
  const engines = program.command('engines').description('what computes: list, install, remove');

  engines
    .command('list', { isDefault: true })
    .description('every engine with its state, size and how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(() => {
      const list = listEngines();
      context.result({ engines: list }, list.map(line).join('\n'));
    });

  engines
    .command('install <name>')
    .description('fetch an engine into the cache: cpu, cuda or webgpu')
    .option('--from <files...>', 'local wheel files instead of the package index')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, { from }: { from?: string[] }) => {
      const onProgress = progressLines((text) => context.progress(text), context.terminal ? 1000 : 3000);
      const done = await installEngine(name, { from, signal: context.signal, onProgress });
      context.result(done, done.folder ? `${done.name}: ${done.version} in ${done.folder}` : done.note);
    });

  engines
    .command('remove <name>')
    .description('delete an engine from the cache')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string) => {
      const bytes = await removeEngine(name, { signal: context.signal });
      const text = bytes > 0 ? `${name} removed, ${formatBytes(bytes)} freed` : `${name} was not installed`;
      context.result({ name, bytes }, text);
    });
}
