// Samples that lie decoded in memory.
import type { Split } from '../dataset.ts';
import type { PixelSource, SampleReader } from '../samples.ts';

/** A split of such samples, in the order stored. */
export function pixelSplit(name: string, labels: Int32Array, source: PixelSource): Split {
  const { width, height } = source;
  return { name, count: labels.length, labels, byClass: false, size: { width, height }, blocks: null, source };
}

export function pixelSamples({ pixels, width, height, channels, file }: PixelSource): SampleReader {
  const size = width * height * channels;
  return {
    read: async (i) => ({ pixels: pixels.subarray(i * size, (i + 1) * size), width, height, channels }),
    where: (i) => `${file}, image ${i}`,
    close: async () => {},
  };
}
