// Bytes to normalised floats, by a table: (x / 255 - mean) / std in float32, the order of operations of torchvision's ToTensor and Normalize.
import { UnsmoothError } from '../../contract/errors.ts';

/** [channels * 256] floats: table[c * 256 + byte]. Throws RECIPE_INVALID where mean or std do not have one value per channel. */
export function normaliseTable(channels: number, mean: readonly number[], std: readonly number[]): Float32Array {
  for (const [field, values] of [['mean', mean] as const, ['std', std] as const])
    if (values.length !== channels) {
      const message = `has ${values.length} values, the images have ${channels} channel${channels === 1 ? '' : 's'}`;
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

/** `out[at …]` = the table's values of `pixels`, channels last. */
export function normalise(
  pixels: Uint8Array,
  channels: 1 | 3,
  table: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const { length } = pixels;
  if (channels === 1) for (let i = 0; i < length; i++) out[at + i] = table[pixels[i]!]!;
  else
    for (let i = 0, o = at; i < length; i += 3, o += 3) {
      out[o] = table[pixels[i]!]!;
      out[o + 1] = table[256 + pixels[i + 1]!]!;
      out[o + 2] = table[512 + pixels[i + 2]!]!;
    }
}
