// Where to cut an image, and cutting it with a border. Knows nothing of resizing: whoever decodes the image does that.
import type { Random } from '../../../core/random.ts';
import { type Box, type Image, roundHalfEven } from './image.ts';

/** Least and most. */
export type Range = readonly [number, number];

/** A number of the range, uniform. */
export const within = ([least, most]: Range, random: Random): number => least + (most - least) * random.uniform();

/** A number of the range whose logarithm is uniform. */
export const withinLog = ([least, most]: Range, random: Random): number =>
  Math.exp(within([Math.log(least), Math.log(most)], random));

/**
 * The part of a width x height image that a random resized crop keeps: timm RandomResizedCropAndInterpolation.get_params
 * (timm/data/transforms.py). `scale`: share of the area; `ratio`: width over height. Ten tries, then the largest central part
 * whose ratio is allowed.
 */
export function randomResizedCrop(random: Random, width: number, height: number, scale: Range, ratio: Range): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = within(scale, random) * width * height;
    const aspect = withinLog(ratio, random);
    const w = roundHalfEven(Math.sqrt(area * aspect));
    const h = roundHalfEven(Math.sqrt(area / aspect));
    if (w > width || h > height || w < 1 || h < 1) continue;
    const top = random.int(height - h + 1);
    const left = random.int(width - w + 1);
    return { left, top, width: w, height: h };
  }
  const [narrowest, widest] = ratio;
  const aspect = width / height;
  const w = aspect > widest ? Math.max(1, roundHalfEven(height * widest)) : width;
  const h = aspect < narrowest ? Math.max(1, roundHalfEven(width / narrowest)) : height;
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

/** The image into `to`, shifted by (dy, dx) over a black border, then mirrored where `flip`: a padded crop, then the flip. */
export function moved({ data, width, height, channels }: Image, dy: number, dx: number, flip: boolean, to: Uint8Array) {
  const row = width * channels;
  const left = Math.max(0, -dx);
  const right = Math.min(width, width - dx);
  if (dy !== 0 || dx !== 0) to.fill(0);
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    const from = (y + dy) * row + dx * channels;
    if (!flip) to.set(data.subarray(from + left * channels, from + right * channels), y * row + left * channels);
    else if (channels === 1)
      for (let x = left, at = y * row + width - 1 - left; x < right; x++, at--) to[at] = data[from + x]!;
    else
      for (let x = left, i = from + left * 3, at = y * row + (width - 1 - left) * 3; x < right; x++, i += 3, at -= 3) {
        to[at] = data[i]!;
        to[at + 1] = data[i + 1]!;
        to[at + 2] = data[i + 2]!;
      }
  }
}
