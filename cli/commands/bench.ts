// `unsmooth bench`: the training step of the chosen engine beside PyTorch's.
import { type Command, Option } from 'commander';
import { decodeNumber } from '../../contract/numbers.ts';
import type { JobOf, ResultOf } from '../../contract/worker-api.ts';
import { formatNumber } from '../../core/format.ts';
import { pythonWithTorch } from '../../main/engines/doctor.ts';
import { keepForm } from '../../main/engines/forms.ts';
import { benchData } from '../bench-data.ts';
import { countProgress } from '../checkpoint-job.ts';
import type { CliContext } from '../context.ts';
import { runJob } from '../jobs.ts';
import { type EngineOptions, engineOf, wholeNumber, withEngine } from '../options.ts';
import { pairs, table } from '../table.ts';

interface Options extends EngineOptions {
  shapes?: string;
  steps: number;
  python?: string;
  precision: 'fp32' | 'bf16';
  losses: boolean;
  compile: boolean;
  forms: boolean;
  data?: string | true;
  workers?: number;
  batch: number;
}
type Bench = Omit<ResultOf<'bench'>, 'type'>;

export function register(program: Command, context: CliContext): void {
  withEngine(program.command('bench'))
    .description('time of a training step on this machine, beside PyTorch where a Python with torch is found')
    .option('--shapes <names>', 'separated by commas, out of A, B, C, D (default: all)')
    .option('--steps <n>', 'timed steps per round', wholeNumber, 10)
    .option('--python <file>', 'Python with torch (default: looked for)')
    .addOption(new Option('--precision <name>', 'of matrix products').choices(['fp32', 'bf16']).default('fp32'))
    .option('--losses', 'with the three patch losses', false)
    .option('--compile', 'torch.compile too', false)
    .option('--forms', "time the engine's other form too, and keep the faster one for new runs", false)
    .option(
      '--data [dataset]',
      "the loader instead: alone, with the step, and beside timm's; on a dataset, a folder or images made for it",
    )
    .option('--workers <n>', 'loader threads, with --data (default: as many as cores)', wholeNumber)
    .option('--batch <n>', 'images of a batch, with --data', wholeNumber, 32)
    .option('--json', 'one JSON object on stdout')
    .action(async (options: Options) => {
      const { steps, precision, losses, compile } = options;
      const engine = engineOf(options, context);
      if (options.data) return benchData({ ...options, data: options.data }, engine, context);
      const job: JobOf<'bench'> = {
        type: 'bench',
        shapes: options.shapes?.split(',').map((s) => s.trim()) ?? null,
        steps,
        python: options.python ?? (await pythonWithTorch())?.python ?? null,
        precision,
        losses,
        compile,
        engine,
      };
      const bench = await measure(job, context);
      const other = options.forms ? await otherForm(job, context) : null;
      if (other) keepFaster(bench, other, context);
      const result = { ...bench, other_engines: other ? [other] : [] };
      context.result(
        result,
        [textOf(bench), ...(other ? [`\nform ${other.engine.form}`, shapesTable(other)] : [])].join('\n'),
      );
    });
}

async function measure(job: JobOf<'bench'>, context: CliContext): Promise<Bench> {
  const { type: _, ...bench } = await runJob<'bench'>(job, context, countProgress(context));
  return bench;
}

/** The same engine in its other form, without the peer; null where it has only one. */
async function otherForm(job: JobOf<'bench'>, context: CliContext): Promise<Bench | null> {
  const { engine } = job;
  if (engine.form === 'replay') return null;
  const form = engine.form === 'xla' ? 'graph' : 'xla';
  return measure({ ...job, python: null, engine: { ...engine, form } }, context);
}

/** By the product of the ratios over the shapes, so that no shape outweighs another. */
function keepFaster(a: Bench, b: Bench, context: CliContext): void {
  const { name, form } = a.engine;
  if ((name !== 'cpu' && name !== 'cuda') || form === 'replay' || b.engine.form === 'replay') return;
  const gain = a.shapes.reduce((product, s, i) => product * (s.step_ms / (b.shapes[i]?.step_ms ?? s.step_ms)), 1);
  const faster = gain > 1 ? b.engine.form : form;
  keepForm(name, faster);
  context.progress(`new runs on ${name} use the form ${faster}`);
}

function textOf({ device, engine, threads, versions, shapes, notes }: Bench): string {
  const used = Object.entries(versions).map(([k, v]) => `${k} ${v}`);
  const head = pairs([
    ['device', device],
    ['engine', `${engine.name} (${engine.form}, ${engine.version}), ${threads} threads`],
    ['versions', used.join(', ')],
  ]);
  return [head, '', shapesTable({ shapes }), ...notes].join('\n');
}

function shapesTable({ shapes }: Pick<Bench, 'shapes'>): string {
  const rows = shapes.map((s) => {
    const speed = s.details.images_per_s;
    const values = [s.step_ms, s.peer_step_ms, s.ratio, speed === undefined ? null : decodeNumber(speed)];
    return [s.name, ...values.map((v) => formatNumber(v))];
  });
  return table(['shape', 'ms', 'peer ms', 'ratio', 'images/s'], rows);
}
