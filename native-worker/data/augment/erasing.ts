// Random erasing (Zhong et al. 2017) as timm does it on a normalised image: timm/data/random_erasing.py with one box.
import type { Random } from '../../../core/random.ts';
import { type Range, within, withinLog } from './crop.ts';
import { type Box, roundHalfEven } from './image.ts';

export const erasingModes = ['const', 'rand', 'pixel'] as const;
export type ErasingMode = (typeof erasingModes)[number];

const areaShare: Range = [0.02, 1 / 3];
const aspect: Range = [0.3, 1 / 0.3];

/** Where to erase in a width x height image: ten tries, then null. */
export function drawErasing(random: Random, width: number, height: number): Box | null {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = within(areaShare, random) * width * height;
    const ratio = withinLog(aspect, random);
    const h = roundHalfEven(Math.sqrt(area * ratio));
    const w = roundHalfEven(Math.sqrt(area / ratio));
    if (w >= width || h >= height) continue;
    const top = random.int(height - h + 1);
    return { top, left: random.int(width - w + 1), width: w, height: h };
  }
  return null;
}

/**
 * Erases the box of a normalised (height, width, channels) image in place. const: 0, which is the mean colour; rand: one standard
 * normal number for each channel; pixel: one for each value.
 */
export function erase(
  pixels: Float32Array,
  width: number,
  channels: number,
  box: Box,
  mode: ErasingMode,
  random: Random,
): void {
  const length = box.width * channels;
  const colour = mode === 'rand' ? Array.from({ length: channels }, () => random.normal()) : [];
  for (let y = box.top; y < box.top + box.height; y++) {
    const from = (y * width + box.left) * channels;
    switch (mode) {
      case 'const':
        pixels.fill(0, from, from + length);
        break;
      case 'rand':
        for (let i = 0; i < length; i++) pixels[from + i] = colour[i % channels]!;
        break;
      case 'pixel':
        fillNormal(pixels, from, from + length, random);
        break;
    }
  }
}

/** Two normal numbers from each draw of 32 bits, by the table of quantiles. */
function fillNormal(out: Float32Array, from: number, to: number, random: Random): void {
  for (let i = from; i < to; i += 2) {
    const bits = random.uint32();
    out[i] = quantiles[bits >>> 16]!;
    if (i + 1 < to) out[i + 1] = quantiles[bits & 0xffff]!;
  }
}

/** The normal distribution's quantiles at (i + 1/2) / 65536, by adding up its density; the outermost are ±4.2. */
const quantiles = ((): Float32Array => {
  const count = 65536;
  const table = new Float32Array(count);
  const step = 1 / 8192;
  let cumulated = 0.5;
  let i = count >> 1;
  for (let x = 0; i < count; x += step) {
    const share = (step * Math.exp(-((x + step / 2) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
    for (; i < count && (i + 0.5) / count <= cumulated + share; i++) {
      table[i] = x + (step * ((i + 0.5) / count - cumulated)) / share;
      table[count - 1 - i] = -table[i]!;
    }
    cumulated += share;
  }
  return table;
})();
