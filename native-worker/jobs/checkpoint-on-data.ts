// What `diagnose` and `evaluate` share: a checkpoint's model in the engine, and the split it is measured on, normalised as the
// checkpoint says unless told otherwise.
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetIdentity, EngineDescription } from '../../contract/saved/run.ts';
import type { DatasetLocation, EngineSelection } from '../../contract/worker-api.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import { readCheckpointData, readVitConfig } from '../checkpoint/vit-config.ts';
import { splitOf } from '../data/dataset.ts';
import { openDataset } from '../data/open.ts';
import { createExecutor, type Executor, type TracedFunction } from '../engine/index.ts';
import type { JobContext } from '../job-context.ts';
import { type VitConfig, vitParameters } from '../models/vit-config.ts';
import type { EvaluationData } from '../training/evaluation.ts';
import { evaluationBatch } from '../training/plan.ts';
import { named } from '../training/state.ts';

export interface Asked {
  checkpoint: string;
  dataset: DatasetLocation;
  split: string | null;
  heads: number | null;
  mean: number[] | null;
  std: number[] | null;
  images: number | null;
  engine: EngineSelection;
}

export interface Opened {
  executor: Executor;
  engine: EngineDescription;
  data: EvaluationData;
  /** How many images are measured. */
  images: number;
  identity: DatasetIdentity;
}

/** Opens checkpoint, split and engine with one function, named `call`. The caller disposes the executor. */
export async function openOnData(
  asked: Asked,
  context: JobContext,
  call: 'eval' | 'probe',
  build: (model: VitConfig, batch: number) => TracedFunction,
): Promise<Opened> {
  const file = readSafetensors(asked.checkpoint);
  try {
    const { config, notes } = readVitConfig(file, { heads: asked.heads });
    for (const text of notes) context.emit({ type: 'log', level: 'info', text });
    const dataset = await openDataset(asked.dataset);
    const split = splitOf(
      dataset,
      asked.split ?? ('test' in dataset.splits ? 'test' : (Object.keys(dataset.splits)[0] ?? 'test')),
    );
    const source = split.source;
    if (source.width !== config.img_size || source.height !== config.img_size || source.channels !== config.in_chans)
      throw new UnsmoothError(
        'INPUT_INVALID',
        `${asked.checkpoint} takes ${config.in_chans} x ${config.img_size} x ${config.img_size} images; ${dataset.name} has ${source.channels} x ${source.height} x ${source.width}`,
        'Choose a dataset of that size.',
      );
    const said = readCheckpointData(file);
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
    await executor.put(named(file, vitParameters(config)));
    const images = Math.min(split.count, asked.images ?? split.count);
    const { name, kind, path, classes, channels } = dataset;
    const sizes = { train: dataset.splits.train?.count ?? 0, val: split.count };
    return {
      executor,
      engine: describeEngine(asked.engine, executor),
      data: { split, limit: asked.images, batch, mean, std },
      images,
      identity: { name, kind, path, classes, channels, fingerprint: dataset.fingerprint, ...sizes },
    };
  } finally {
    file.close();
  }
}

/** How the engine opens what main chose. */
export function engineOptions(selection: EngineSelection): Parameters<typeof createExecutor>[1] {
  const { name, dir, form } = selection;
  return { engine: name, form: form === 'replay' ? undefined : form, engineDir: dir ?? undefined };
}

export function describeEngine(selection: EngineSelection, executor: Executor): EngineDescription {
  const { form, version, device } = executor.description;
  return { name: selection.name, form, version, device };
}
