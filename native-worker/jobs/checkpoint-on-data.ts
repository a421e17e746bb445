// What `diagnose` and `evaluate` share: a checkpoint's model in the engine, and the split it is measured on, normalised as the
// checkpoint says unless told otherwise.
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetIdentity, EngineDescription } from '../../contract/saved/run.ts';
import type { DatasetLocation, EngineSelection } from '../../contract/worker-api.ts';
import { type OpenModel, openModel, valuesOf } from '../checkpoint/open-model.ts';
import { type Dataset, splitOf } from '../data/dataset.ts';
import { openFeeder, threadsFor } from '../data/feeder.ts';
import { evaluationStream } from '../data/loader.ts';
import { openDataset } from '../data/open.ts';
import { openingOf } from '../data/opening.ts';
import { allOf, assertLabelled, limited } from '../data/subset.ts';
import { createExecutor, type Executor, type TracedFunction } from '../engine/index.ts';
import type { JobContext } from '../job-context.ts';
import type { VitConfig } from '../models/vit-config.ts';
import type { EvaluationData } from '../training/evaluation.ts';
import { evaluationBatch } from '../training/plan.ts';

export interface Asked {
  checkpoint: string;
  dataset: DatasetLocation;
  split: string | null;
  heads: number | null;
  weights?: string | null | undefined;
  mean: number[] | null;
  std: number[] | null;
  images: number | null;
  engine: EngineSelection;
}

export interface Opened {
  executor: Executor;
  /** Ends the engine and the loader's threads. */
  close(): Promise<void>;
  engine: EngineDescription;
  data: EvaluationData;
  /** How many images are measured. */
  images: number;
  identity: DatasetIdentity;
}

/** Opens checkpoint, split and engine with one function, named `call`. */
export async function openOnData(
  asked: Asked,
  context: JobContext,
  call: 'eval' | 'probe',
  build: (model: VitConfig, batch: number) => TracedFunction,
): Promise<Opened> {
  const opened = await openModel(asked.checkpoint, { heads: asked.heads, weights: asked.weights ?? null });
  try {
    const { config } = opened;
    tell(opened, context, call === 'probe');
    const dataset = await openDataset(asked.dataset, openingOf(context));
    const split = splitOf(dataset, asked.split ?? measuredSplit(Object.keys(dataset.splits)));
    const subset = limited(allOf(split), asked.images);
    if (call === 'eval') {
      assertLabelled(subset, 'accuracy');
      sameClasses(config.num_classes, dataset, context);
    }
    const said = opened.normalisation;
    const [mean, std] = [asked.mean ?? said?.mean, asked.std ?? said?.std];
    if (!mean || !std)
      throw new UnsmoothError(
        'INPUT_INVALID',
        `${asked.checkpoint} does not say how its images were normalised`,
        'Give --mean and --std, one value per channel.',
      );
    const batch = evaluationBatch(config, 1);
    const executor = await createExecutor(
      { calls: [{ name: call, fn: build(config, batch) }] },
      engineOptions(asked.engine),
    );
    await executor.put(valuesOf(opened));
    const looks = {
      channels: config.in_chans === 1 ? (1 as const) : (3 as const),
      imgSize: config.img_size,
      interpolation: 'bicubic' as const,
      cropPct: 1,
      mean,
      std,
      onBroken: 'stop' as const,
    };
    const decoded = split.source.kind === 'pixels' && split.size?.width === config.img_size;
    const feeder = openFeeder([evaluationStream(subset, looks, batch)], decoded ? 0 : threadsFor('auto'), () => {});
    const { name, kind, path, classes, channels } = dataset;
    const sizes = { train: dataset.splits.train?.count ?? 0, val: split.count };
    return {
      executor,
      close: async () => {
        await feeder.close();
        executor.dispose();
      },
      engine: describeEngine(asked.engine, executor),
      data: { feed: feeder.feeds[0]!, split: split.name, images: subset.count, batch },
      images: subset.count,
      identity: { name, kind, path, classes, channels, fingerprint: dataset.fingerprint, ...sizes },
    };
  } finally {
    opened.close();
  }
}

/** Says what was assumed of a checkpoint, and warns of what makes it less than it seems; `headless`: its head is not looked at. */
export function tell({ notes, problems, layout, head }: OpenModel, context: JobContext, headless = false): void {
  const read = layout.startsWith('timm') ? [] : [`read as ${layout}`];
  for (const text of [...read, ...notes]) context.emit({ type: 'log', level: 'info', text });
  const level = headless && head !== 'file' ? 'info' : 'warning';
  for (const text of problems) context.emit({ type: 'log', level, text });
}

/** Accuracy needs a score for every label; a head with more classes than the data may well be of other classes. */
function sameClasses(scored: number, { name, classes }: Dataset, context: JobContext): void {
  if (classes > scored)
    throw new UnsmoothError(
      'INPUT_INVALID',
      `the checkpoint tells ${scored} classes apart, ${name} has ${classes}`,
      'Choose the data it was trained on, or fine-tune it on these first.',
    );
  if (classes < scored)
    context.emit({
      type: 'log',
      level: 'warning',
      text: `the checkpoint tells ${scored} classes apart, ${name} has ${classes}: accuracy means something only where they are numbered alike`,
    });
}

/** The split that is measured on where none was named. */
const measuredSplit = (names: readonly string[]): string =>
  ['test', 'val', 'validation'].find((name) => names.includes(name)) ?? names[0] ?? 'test';

/** How the engine opens what main chose. */
export function engineOptions(selection: EngineSelection): Parameters<typeof createExecutor>[1] {
  const { name, dir, form } = selection;
  return { engine: name, form: form === 'replay' ? undefined : form, engineDir: dir ?? undefined };
}

export function describeEngine(selection: EngineSelection, executor: Executor): EngineDescription {
  const { form, version, device } = executor.description;
  return { name: selection.name, form, version, device };
}
