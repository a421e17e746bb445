// How fast each engine trained on this machine when it was asked to show it: kept in the cache, read by estimates.
import path from 'node:path';
import { type SavedSpeed, speedsFormat } from '../../contract/saved/speeds.ts';
import type { ResultOf } from '../../contract/worker-api.ts';
import { lossFlops, trainingFlops } from '../../core/estimate.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import type { EngineName } from './engines.ts';

const speedsFile = (cache: string) => path.join(cache, 'speeds.json');

/** Bench's shapes that are measured: the example's model, and a wider one where the engine is quick enough. */
const measured = {
  example: { embed_dim: 64, depth: 12, num_heads: 4, patch_size: 7, img_size: 28, batch: 64 },
  A: { embed_dim: 192, depth: 6, num_heads: 3, patch_size: 4, img_size: 32, batch: 32 },
} as const;

export const shapesToMeasure = (name: EngineName): string[] => (name === 'wasm' ? ['example'] : ['example', 'A']);

/** None where nothing was measured; a damaged file is as good as none. */
export function readSpeeds(cache: string): Partial<Record<EngineName, SavedSpeed>> {
  try {
    return readJsonFile(speedsFormat, speedsFile(cache))?.engines ?? {};
  } catch {
    return {};
  }
}

/** Throws DISK_FULL, FILE_IO. */
export function keepSpeed(cache: string, name: EngineName, speed: SavedSpeed): void {
  writeJsonFile(speedsFile(cache), { version: 1, engines: { ...readSpeeds(cache), [name]: speed } });
}

/** What bench found, as operations a second by width. */
export function speedOf(bench: ResultOf<'bench'>): SavedSpeed {
  const points = bench.shapes.flatMap(({ name, step_ms }) => {
    if (name !== 'example' && name !== 'A') return [];
    const { embed_dim, batch, ...shape } = measured[name];
    const model = { ...shape, embed_dim, in_chans: 3, num_classes: 10, mlp_ratio: 4 };
    const losses = {
      definition: 'paper',
      tap: 'norm',
      patch_cosine: 1,
      patch_contrastive: 1,
      patch_mixing: 1,
      warmup_epochs: 0,
      off_after_epoch: null,
    } as const;
    const flops = batch * (trainingFlops(model) + lossFlops(model, losses));
    return [{ width: embed_dim, gflops: flops / step_ms / 1e6 }];
  });
  const step = bench.shapes.find((s) => s.name === 'example')?.step_ms ?? Number.NaN;
  return {
    images_per_s: (1000 * measured.example.batch) / step,
    points: points.sort((a, b) => a.width - b.width),
    threads: bench.threads,
    engine_version: bench.engine.version,
    at: new Date().toISOString(),
  };
}
