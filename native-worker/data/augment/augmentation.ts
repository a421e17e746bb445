// What a training image goes through, in timm's order (timm/data/transforms_factory.py, transforms_imagenet_train):
// crop | padded crop, flip, RandAugment or colour jitter | normalise | erase. Whoever loads images calls the three steps
// between its own decoding, resizing and normalising. Knows no files, threads or batches; all chance comes from the given Random.
import type { Random } from '../../../core/random.ts';
import type { Sampling } from './affine.ts';
import { drawJitter } from './colour-jitter.ts';
import { moved, type Range, randomResizedCrop } from './crop.ts';
import { drawErasing, type ErasingMode, erase } from './erasing.ts';
import { type Box, type Image, roundHalfEven } from './image.ts';
import { type Drawn, drawOperations, parseRandAugment } from './rand-augment.ts';

/** Fields of a recipe's augment section, and what they need to know of the images. */
export interface AugmentationOptions {
  train_crop_mode: 'none' | 'rrc';
  /** For rrc: share of the area; width over height. */
  scale: Range;
  ratio: Range;
  /** Pixels of black border before cropping back at a random place; 0: no crop. */
  crop_padding: number;
  /** Probability of a horizontal flip. */
  hflip: number;
  /** 0: off. Not applied where `aa` is set. */
  color_jitter: number;
  /** RandAugment in timm's grammar; null: off. */
  aa: string | null;
  /** Probability of erasing. */
  reprob: number;
  remode: ErasingMode;
  /** Side of the square image. */
  imgSize: number;
  /** Per channel, of 0 … 1; its length is the number of channels. */
  mean: readonly number[];
  interpolation: Sampling['interpolation'];
}

/**
 * Null stands for nothing to do. One Random a sample, given to the steps in this order, makes the image a function of its key.
 * One thread at a time: the steps share buffers.
 */
export interface Augmentation {
  /** The part of a width x height image that is resized to img_size; null: crop as in evaluation. */
  readonly crop: ((random: Random, width: number, height: number) => Box) | null;
  /** The image, img_size square, changed. The result holds until the next call; it may be the image itself, which stays as it is. */
  readonly pixels: ((image: Image, random: Random) => Image) | null;
  /** The normalised (imgSize, imgSize, channels) image, changed in place. */
  readonly floats: ((pixels: Float32Array, random: Random) => void) | null;
}

/** Throws RECIPE_INVALID where `aa` has a section that timm does not know. */
export function createAugmentation(o: AugmentationOptions): Augmentation {
  const channels = o.mean.length;
  return {
    crop:
      o.train_crop_mode === 'none'
        ? null
        : (random, width, height) => randomResizedCrop(random, width, height, o.scale, o.ratio),
    pixels: pixelSteps(o, channels),
    floats:
      o.reprob === 0
        ? null
        : (pixels, random) => {
            if (random.uniform() > o.reprob) return;
            const box = drawErasing(random, o.imgSize, o.imgSize);
            if (box) erase(pixels, o.imgSize, channels, box, o.remode, random);
          },
  };
}

function pixelSteps(o: AugmentationOptions, channels: number): Augmentation['pixels'] {
  const places = o.crop_padding > 0 || o.hflip > 0;
  const draw = drawing(o);
  if (!places && !draw) return null;
  const sampling: Sampling = {
    interpolation: o.interpolation,
    fill: o.mean.map((m) => Math.max(0, Math.min(255, roundHalfEven(255 * m)))),
  };
  const buffers = [0, 1].map((): Image => {
    const data = new Uint8Array(o.imgSize * o.imgSize * channels);
    return { data, width: o.imgSize, height: o.imgSize, channels: channels === 1 ? 1 : 3 };
  });
  return (image, random) => {
    let at = image;
    const next = () => (at === buffers[0] ? buffers[1]! : buffers[0]!);
    if (places) {
      const shift = () => random.int(2 * o.crop_padding + 1) - o.crop_padding;
      const dy = shift();
      const dx = shift();
      const flip = random.bernoulli(o.hflip);
      if (dy !== 0 || dx !== 0 || flip) {
        const to = next();
        moved(at, dy, dx, flip, to.data);
        at = to;
      }
    }
    for (const { operation, argument } of draw?.(random) ?? []) {
      const to = next();
      operation.apply(at, to.data, argument, sampling);
      at = to;
    }
    return at;
  };
}

/** What an image's colours and geometry get, drawn anew for each. */
function drawing({ aa, color_jitter }: AugmentationOptions): ((random: Random) => readonly Drawn[]) | null {
  if (aa !== null) {
    const config = parseRandAugment(aa);
    return (random) => drawOperations(config, random);
  }
  return color_jitter > 0 ? (random) => drawJitter(color_jitter, random) : null;
}
