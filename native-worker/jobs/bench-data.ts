// The job `bench-data`: images a second of the loader alone, of the step alone and of both together, under DeiT's transforms, in turn
// with timm's loader where a Python is given; medians over all rounds. A part of a round ends after so many batches or seconds, whichever
// come first: two minutes in all on two cores.
import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { parseRecipe, type Recipe } from '../../contract/recipe.ts';
import { version } from '../../contract/version.ts';
import type { DatasetLocation, JobOf } from '../../contract/worker-api.ts';
import { generatedImages } from '../bench/generated-images.ts';
import { LinePeer } from '../bench/line-peer.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Feed, threadsFor } from '../data/feeder.ts';
import { openDataset } from '../data/open.ts';
import { openingOf } from '../data/opening.ts';
import { createExecutor, type Executor } from '../engine/index.ts';
import type { Control, RunJob } from '../job-context.ts';
import { batchSource, optimiserInputs } from '../training/batches.ts';
import { quantile } from '../training/evaluation.ts';
import { initialState } from '../training/initial.ts';
import { makePlan, type Plan } from '../training/plan.ts';
import { trainOnlyProgram } from '../training/program.ts';
import { openStreams, type RunStreams, runImages } from '../training/run-data.ts';
import { describeEngine, engineOptions } from './checkpoint-on-data.ts';

const rounds = 3;
/** Of a part of a round, once two batches are timed. */
const mostSeconds = 5;
/** Batches of a loader alone for one of a step: they are so much faster that few would say little. */
const loaderBatches = 4;
/** Batches that a ring can hold. */
const ringBatches = 4;
const generated = 256;
const askedEveryMs = 100;

const peerAnswer = z.object({ images_per_s: z.number(), versions: z.record(z.string(), z.string()) });
type TimmLoader = LinePeer<typeof peerAnswer>;

export const run: RunJob<'bench-data'> = async (job, context) => {
  const note = (text: string, done = 0) =>
    context.emit({ type: 'progress', done, total: rounds, unit: 'rounds', note: text });
  note(job.dataset ? 'opening the dataset' : 'generating images');
  const folder = job.dataset ? null : await generatedImages(generated, () => goOn(context.control));
  const location: DatasetLocation = job.dataset ?? {
    name: 'generated',
    kind: 'imagefolder',
    path: join(folder ?? '', 'images'),
    indexes: join(folder ?? '', 'indexes'),
  };
  const script = join(dirname(process.argv[1] ?? ''), 'bench-data-peer.py');
  let peer: TimmLoader | null = null;
  let bench: DataBench | null = null;
  try {
    const dataset = await openDataset(location, openingOf(context));
    bench = await DataBench.open(job, dataset, context.control);
    const threads = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    peer = job.python && dataset.kind === 'imagefolder' ? new LinePeer(job.python, script, threads, peerAnswer) : null;
    for (let round = 0; round < rounds; round++) {
      note(`round ${round + 1}`, round);
      await bench.round(peer, dataset.path);
    }
    return bench.result(job, dataset);
  } finally {
    peer?.close();
    await bench?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
};

/** Throws STOPPED where the job was asked to end. */
function goOn({ ending }: Control): void {
  if (ending !== 'no') throw new UnsmoothError('STOPPED', 'stopped');
}

/** What the answer becomes, or STOPPED as soon as the job is asked to end. */
async function unlessStopped<T>(answer: Promise<T>, control: Control): Promise<T> {
  let isThere = false;
  const heard = answer.finally(() => {
    isThere = true;
  });
  heard.catch(() => undefined); // it may come after the stop
  while (!isThere) {
    goOn(control);
    await Promise.race([heard, sleep(askedEveryMs)]);
  }
  return heard;
}

/** DeiT-Ti at 224 with the transforms of its recipe. */
function deit(job: JobOf<'bench-data'>, split: string, channels: number): Recipe {
  const three = (values: number[]) => (channels === 3 ? values : values.slice(0, 1));
  return parseRecipe({
    data: {
      train_split: split,
      val_split: split,
      img_size: 224,
      crop_pct: 0.875,
      workers: job.workers,
      mean: three([0.485, 0.456, 0.406]),
      std: three([0.229, 0.224, 0.225]),
    },
    model: { patch_size: 16, embed_dim: 192, depth: 12, num_heads: 3, drop_path: 0.1 },
    losses: { patch_cosine: 0, patch_contrastive: 0, patch_mixing: 0 },
    augment: {
      train_crop_mode: 'rrc',
      hflip: 0.5,
      aa: 'rand-m9-mstd0.5-inc1',
      reprob: 0.25,
      mixup: 0.8,
      cutmix: 1,
      mixup_mode: 'batch',
      smoothing: 0.1,
    },
    train: { batch_size: job.batch, max_steps: 1_000_000 },
  });
}

/** One training of which only the pace is looked at. */
class DataBench {
  readonly #plan: Plan;
  readonly #executor: Executor;
  readonly #streams: RunStreams;
  readonly #feed: Feed;
  readonly #batches: number;
  readonly #workers: number;
  readonly #control: Control;
  #next = 0;
  #versions: Record<string, string> = { unsmooth: version, node: process.versions.node };
  readonly #rates = { loader: [] as number[], step: [] as number[], together: [] as number[], peer: [] as number[] };

  private constructor(job: JobOf<'bench-data'>, plan: Plan, executor: Executor, streams: RunStreams, control: Control) {
    this.#plan = plan;
    this.#control = control;
    this.#executor = executor;
    this.#streams = streams;
    this.#feed = streams.feeder.feeds[0]!;
    this.#batches = job.batches;
    this.#workers = threadsFor(job.workers);
  }

  static async open(job: JobOf<'bench-data'>, dataset: Dataset, control: Control): Promise<DataBench> {
    const names = Object.keys(dataset.splits);
    const recipe = deit(job, names.includes('train') ? 'train' : (names[0] ?? ''), dataset.channels);
    const images = runImages(recipe, dataset);
    const { classes, channels } = dataset;
    const plan = makePlan(recipe, { classes, channels, size: null, trainImages: images.train.count });
    const executor = await createExecutor(trainOnlyProgram(plan), engineOptions(job.engine));
    await executor.put(initialState(plan, 0));
    return new DataBench(
      job,
      plan,
      executor,
      openStreams(plan, images, () => {}),
      control,
    );
  }

  async round(peer: TimmLoader | null, folder: string): Promise<void> {
    const { loader, step, together } = this.#rates;
    const { batch } = this.#plan;
    const batches = loaderBatches * this.#batches;
    const loaderRate = await this.#rate(batches, (k) => this.#feed.take(k));
    loader.push(loaderRate);
    await sleep((1000 * ringBatches * batch) / loaderRate); // the threads are done with what is ahead, and disturb nobody
    if (peer) {
      const question = { folder, workers: this.#workers, batch, batches, seconds: mostSeconds };
      const { images_per_s, versions } = await unlessStopped(peer.ask(question), this.#control);
      this.#rates.peer.push(images_per_s);
      Object.assign(this.#versions, versions);
    }
    const source = batchSource(this.#plan, this.#feed);
    const same = await source(this.#next);
    const train = (inputs: typeof same) =>
      this.#executor.call('train', { ...inputs, ...optimiserInputs(this.#plan, this.#next) });
    await sleep((1000 * ringBatches * batch) / loaderRate);
    step.push(await this.#rate(this.#batches, () => train(same)));
    together.push(await this.#rate(this.#batches, async (k) => train(await source(k))));
  }

  /** Images a second, after a first batch. The stream begins elsewhere, so that nothing of it was made beforehand. */
  async #rate(batches: number, work: (k: number) => Promise<unknown>): Promise<number> {
    this.#next += 2 * ringBatches;
    await work(this.#next++);
    const began = performance.now();
    let done = 0;
    while (done < batches && (done < 2 || performance.now() - began < 1000 * mostSeconds)) {
      goOn(this.#control);
      await work(this.#next++);
      done++;
    }
    return (1000 * done * this.#plan.batch) / (performance.now() - began);
  }

  result(job: JobOf<'bench-data'>, dataset: Dataset) {
    const median = (xs: number[]) =>
      xs.length === 0
        ? null
        : quantile(
            xs.toSorted((a, b) => a - b),
            0.5,
          );
    const [loader, step, together] = [this.#rates.loader, this.#rates.step, this.#rates.together].map(
      (xs) => median(xs) ?? 0,
    ) as [number, number, number];
    const peer = median(this.#rates.peer);
    const engine = describeEngine(job.engine, this.#executor);
    return {
      type: 'bench-data' as const,
      device: cpus()[0]?.model.trim() ?? 'unknown',
      engine,
      threads: job.engine.threads,
      versions: this.#versions,
      dataset: dataset.name,
      images: Object.values(dataset.splits)[0]?.count ?? 0,
      workers: this.#workers,
      batch: this.#plan.batch,
      rates: { loader, step, together, peer_loader: peer },
      ratios: {
        loader_to_peer: peer === null ? null : loader / peer,
        together_to_slower: together / Math.min(loader, step),
      },
      notes: peer === null ? ['No Python with timm was found or given, so the loader stands alone (--python).'] : [],
    };
  }

  async close(): Promise<void> {
    await this.#streams.feeder.close();
    this.#executor.dispose();
  }
}
