// Bytes to normalised floats, by a table: (x / 255 - mean) / std in float32, the order of operations of torchvision's ToTensor and Normalize.
import { UnsmoothError } from '../../contract/errors.ts';

/** [channels * 256] floats: table[c * 256 + byte]. Throws RECIPE_INVALID where mean or std do not have one value per channel. */
export function normaliseTable(channels: number, mean: readonly number[], std: readonly number[]): Float32Array {
  for (const [field, values] of [['mean', mean] as const, ['std', std] as const])
    if (values.length !== channels) {
      const message = `has ${values.length} values, the dataset has ${channels} channel${channels === 1 ? '' : 's'}`;
      throw new UnsmoothError('RECIPE_INVALID', `data.${field}: ${message}`, 'Give one value per channel.', [
        { where: `data.${field}`, message },
      ]);
    }
  const table = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++)
    for (let v = 0; v < 256; v++)
      table[c * 256 + v] = Math.fround(Math.fround(v / 255) - Math.fround(mean[c]!)) / Math.fround(std[c]!);
  return table;
}
