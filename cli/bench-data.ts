// `unsmooth bench --data`: how fast images reach the step.
import type { EngineSelection, JobOf, ResultOf } from '../contract/worker-api.ts';
import { formatNumber } from '../core/format.ts';
import { resolveDataset } from '../main/datasets/resolve.ts';
import { pythonWithTorch } from '../main/engines/doctor.ts';
import { countProgress } from './checkpoint-job.ts';
import type { CliContext } from './context.ts';
import { runJob } from './jobs.ts';
import { pairs, table } from './table.ts';

export interface BenchDataOptions {
  data: string | true;
  workers?: number;
  batch: number;
  steps: number;
  python?: string;
}

export async function benchData(o: BenchDataOptions, engine: EngineSelection, context: CliContext): Promise<void> {
  const job: JobOf<'bench-data'> = {
    type: 'bench-data',
    dataset: o.data === true ? null : resolveDataset(o.data, context.library),
    workers: o.workers ?? 'auto',
    batch: o.batch,
    batches: o.steps,
    python: o.python ?? (await pythonWithTorch())?.python ?? null,
    engine,
  };
  const { type: _, ...bench } = await runJob<'bench-data'>(job, context, countProgress(context));
  context.result(bench, textOf(bench));
}

function textOf(bench: Omit<ResultOf<'bench-data'>, 'type'>): string {
  const { device, engine, threads, versions, dataset, images, workers, batch, rates, ratios, notes } = bench;
  const head = pairs([
    ['device', device],
    ['engine', `${engine.name} (${engine.form}, ${engine.version}), ${threads} threads`],
    ['data', `${dataset}, ${images} images; ${workers} loader threads, batch ${batch}`],
    [
      'versions',
      Object.entries(versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(', '),
    ],
  ]);
  const rows = [
    ['loader alone', formatNumber(rates.loader)],
    ["timm's loader alone", formatNumber(rates.peer_loader)],
    ['step alone', formatNumber(rates.step)],
    ['loader and step', formatNumber(rates.together)],
    ["loader over timm's", formatNumber(ratios.loader_to_peer)],
    ['together over the slower alone', formatNumber(ratios.together_to_slower)],
  ];
  return [head, '', table(['', 'images/s'], rows), ...notes].join('\n');
}
