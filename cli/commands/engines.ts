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

/** An AbortSignal that fires on Ctrl-C or SIGTERM while `work` runs. */
async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export function register(program: Command, context: CliContext): void {
  const engines = program.command('engines').description('what computes: list, install, remove');

  engines
    .command('list', { isDefault: true })
    .description('every engine with its state, size and how to get it')
    .option('--json', 'one JSON object on stdout')
    .action(({ json }: { json?: boolean }) => {
      const list = listEngines();
      if (json) return context.json({ engines: list });
      for (const e of list) context.out(line(e));
    });

  engines
    .command('install <name>')
    .description('fetch an engine into the cache: cpu, cuda or webgpu')
    .option('--from <files...>', 'local wheel files instead of the package index')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, { from, json }: { from?: string[]; json?: boolean }) => {
      const onProgress = progressLines((text) => context.progress(text), process.stderr.isTTY ? 1000 : 3000);
      const done = await stoppable((signal) => installEngine(name, { from, signal, onProgress }));
      if (json) return context.json(done);
      context.out(`${done.name}: ${done.version}${done.folder ? ` in ${done.folder}` : ''}`);
      if (name === 'wasm') context.out(done.note);
    });

  engines
    .command('remove <name>')
    .description('delete an engine from the cache')
    .option('--json', 'one JSON object on stdout')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const bytes = await stoppable((signal) => removeEngine(name, { signal }));
      if (json) return context.json({ name, bytes });
      context.out(bytes > 0 ? `${name} removed, ${formatBytes(bytes)} freed` : `${name} was not installed`);
    });
}
