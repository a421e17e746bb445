// The job `bench`: training-step time of the engine, in turn with PyTorch's where a Python is given, medians over all rounds.
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { version } from '../../contract/version.ts';
import type { JobOf, ResultOf } from '../../contract/worker-api.ts';
import { keyedRandom, streams } from '../../core/random.ts';
import { Peer, type PeerMode } from '../bench/peer.ts';
import { type BenchShape, benchPlan, benchShapes, namedShapes } from '../bench/shapes.ts';
import { createExecutor, type Executor } from '../engine/index.ts';
import type { Values } from '../engine/spec.ts';
import type { JobContext, RunJob } from '../job-context.ts';
import { patchCount } from '../models/vit-config.ts';
import { optimiserInputs } from '../training/batches.ts';
import { quantile } from '../training/evaluation.ts';
import { initialState } from '../training/initial.ts';
import type { Plan } from '../training/plan.ts';
import { trainOnlyProgram } from '../training/program.ts';
import { describeEngine, engineOptions } from './checkpoint-on-data.ts';

const rounds = 3;
type ShapeResult = ResultOf<'bench'>['shapes'][number];

export const run: RunJob<'bench'> = async (job, context) => {
  const unknown = job.shapes?.find((name) => !namedShapes.some((s) => s.name === name));
  if (unknown)
    throw new UnsmoothError(
      'USAGE',
      `no shape ${unknown}`,
      `Choose among ${namedShapes
        .map((s) => s.name)
        .sort()
        .join(', ')}.`,
    );
  const { shapes: asked } = job;
  const chosen = asked ? namedShapes.filter((s) => asked.includes(s.name)) : benchShapes;
  const peer = job.python
    ? new Peer(job.python, join(dirname(process.argv[1] ?? ''), 'bench-peer.py'), job.engine.threads)
    : null;
  const versions: Record<string, string> = { unsmooth: version, node: process.versions.node };
  const shapes: ShapeResult[] = [];
  const memory: Memory = {};
  const notes: string[] = [];
  let engine: ResultOf<'bench'>['engine'] | undefined;
  try {
    for (const shape of chosen) {
      context.emit({
        type: 'progress',
        done: shapes.length,
        total: chosen.length,
        unit: 'shapes',
        note: `shape ${shape.name}`,
      });
      const bench = new ShapeBench(shape, job, context, peer, memory);
      shapes.push(await bench.run());
      engine = bench.engine;
      Object.assign(versions, bench.versions);
    }
  } finally {
    peer?.close();
  }
  if (!peer) notes.push('No Python with torch was found or given, so there is nothing to compare with (--python).');
  if (!engine) throw new UnsmoothError('USAGE', 'no shape was chosen');
  return {
    type: 'bench',
    device: cpus()[0]?.model.trim() ?? 'unknown',
    engine,
    threads: job.engine.threads,
    versions,
    shapes: shapes.sort((a, b) => (a.name < b.name ? -1 : 1)),
    notes,
  };
};

/** Bytes resident once the engine is loaded and before it holds any variable: what every shape's growth is counted from, as PyTorch's
 * is from after its import. */
interface Memory {
  loaded?: number;
}

/** Steps of one shape in both programs, taken in turn so that a drift of the machine hits both. */
class ShapeBench {
  readonly versions: Record<string, string> = {};
  engine: ResultOf<'bench'>['engine'] | undefined;
  readonly #shape: BenchShape;
  readonly #job: JobOf<'bench'>;
  readonly #context: JobContext;
  readonly #peer: Peer | null;
  readonly #memory: Memory;

  constructor(shape: BenchShape, job: JobOf<'bench'>, context: JobContext, peer: Peer | null, memory: Memory) {
    this.#shape = shape;
    this.#job = job;
    this.#context = context;
    this.#peer = peer;
    this.#memory = memory;
  }

  async run(): Promise<ShapeResult> {
    const { precision, losses, compile, steps, engine } = this.#job;
    const plan = benchPlan(this.#shape, losses, precision);
    const executor = await createExecutor(
      { calls: trainOnlyProgram(plan).calls },
      { ...engineOptions(engine), matmul: precision },
    );
    try {
      this.engine = describeEngine(engine, executor);
      this.versions[engine.name === 'cpu' || engine.name === 'cuda' ? 'tensorflow' : 'tfjs'] = this.engine.version;
      this.#memory.loaded ??= process.memoryUsage().rss;
      await executor.put(initialState(plan, 0));
      const inputs = randomBatch(plan);
      const first = performance.now();
      await step(executor, plan, inputs, 0);
      const firstStep = performance.now() - first;
      const modes: PeerMode[] = precision === 'bf16' ? ['autocast'] : compile ? ['eager', 'compile'] : ['eager'];
      const own: number[] = [];
      const peers = new Map<PeerMode, number[]>(modes.map((m) => [m, []]));
      const details: Record<string, number> = { first_step_ms: firstStep };
      for (let round = 0; round < rounds; round++) {
        if (this.#context.control.ending !== 'no') throw new UnsmoothError('STOPPED', 'stopped');
        own.push(...(await timedSteps(executor, plan, inputs, steps)));
        if (round === 0)
          details.memory_grown_mb = (process.resourceUsage().maxRSS * 1024 - this.#memory.loaded) / 2 ** 20;
        for (const [mode, times] of peers) {
          const answer = await this.#peer?.steps(this.#shape, mode, losses, steps, round === 0 ? 3 : 1);
          if (!answer) continue;
          times.push(...answer.step_ms);
          Object.assign(this.versions, answer.versions);
          if (mode !== 'compile') details.peer_memory_grown_mb = (answer.rss_peak_kb - answer.rss_import_kb) / 1024;
        }
      }
      const median = (xs: number[]) =>
        quantile(
          [...xs].sort((a, b) => a - b),
          0.5,
        );
      const mine = median(own);
      Object.assign(details, {
        p10_ms: quantile(
          [...own].sort((a, b) => a - b),
          0.1,
        ),
        images_per_s: (1000 * this.#shape.batch) / mine,
      });
      const main = peers.get(modes[0] as PeerMode) ?? [];
      const compiled = peers.get('compile') ?? [];
      if (compiled.length)
        Object.assign(details, { peer_compile_ms: median(compiled), ratio_compile: median(compiled) / mine });
      const theirs = main.length ? median(main) : null;
      return {
        name: this.#shape.name,
        step_ms: mine,
        peer_step_ms: theirs,
        ratio: theirs === null ? null : theirs / mine,
        details,
      };
    } finally {
      executor.dispose();
    }
  }
}

async function timedSteps(executor: Executor, plan: Plan, inputs: Values, count: number): Promise<number[]> {
  const times: number[] = [];
  await step(executor, plan, inputs, 1);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await step(executor, plan, inputs, i + 2);
    times.push(performance.now() - start);
  }
  return times;
}

const step = (executor: Executor, plan: Plan, inputs: Values, i: number) =>
  executor.call('train', { ...inputs, ...optimiserInputs(plan, i) });

function randomBatch(plan: Plan): Values {
  const { model, batch } = plan;
  const random = keyedRandom(0, streams.init, 0, 1);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % model.num_classes);
  const images = Float32Array.from({ length: batch * model.img_size ** 2 * model.in_chans }, () => random.normal());
  if (plan.recipe.losses.patch_mixing === 0) return { images, labels };
  return {
    images,
    labels,
    partner_labels: labels.toReversed(),
    lambda: new Float32Array(batch).fill(0.5),
    patch_share: new Float32Array(batch * patchCount(model)).fill(1),
  };
}
