// Golden files and how far two arrays lie apart.
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '../../native-worker/checkpoint/safetensors.ts';
import type { Values } from '../../native-worker/engine/spec.ts';
import type { VitConfig } from '../../native-worker/models/vit.ts';

export const goldenPath = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/golden/${name}`, import.meta.url));

/** Tensors whose name starts with `prefix`, the prefix cut off; I32 as Int32Array, else Float32Array. */
export function golden(
  file: string,
  prefix = '',
): { values: Values; shapes: Record<string, readonly number[]>; metadata: Readonly<Record<string, string>> } {
  const f = readSafetensors(goldenPath(file));
  try {
    const values: Values = {};
    const shapes: Record<string, readonly number[]> = {};
    for (const [name, entry] of f.tensors) {
      if (!name.startsWith(prefix)) continue;
      const key = name.slice(prefix.length);
      values[key] = entry.dtype === 'I32' ? (f.read(name) as Int32Array) : f.readFloat32(name);
      shapes[key] = entry.shape;
    }
    return { values, shapes, metadata: f.metadata };
  } finally {
    f.close();
  }
}

export function goldenModel(file: string): VitConfig {
  const { name: _, ...config } = JSON.parse(golden(file, 'no tensor').metadata.model as string) as VitConfig & {
    name: string;
  };
  return config;
}

/** Largest difference over the largest expected value (or over `scale`). */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, scale?: number): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    const d = Math.abs((got[i] as number) - (want[i] as number));
    difference = Math.max(difference, d); // a NaN stays
    largest = Math.max(largest, Math.abs(want[i] as number));
  }
  return difference / (scale ?? largest);
}

/** Images (…, C, S, S) → (…, S, S, C). */
export function channelsLast(images: Float32Array | Int32Array, channels: number, size: number): Float32Array {
  const out = new Float32Array(images.length);
  const pixels = size * size;
  for (let i = 0; i < images.length; i++) {
    const [image, within] = [Math.floor(i / (channels * pixels)), i % (channels * pixels)];
    out[(image * pixels + (within % pixels)) * channels + Math.floor(within / pixels)] = images[i] as number;
  }
  return out;
}
