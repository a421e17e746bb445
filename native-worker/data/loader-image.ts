// One image from its place in a subset to normalised floats: read, decode, crop and resize, augment, normalise. The same code runs in
// every loader thread and, without threads, in the one that computes. Knows no batches; what it makes depends on its arguments alone.
import { UnsmoothError } from '../../contract/errors.ts';
import { keyedRandom, type Random, streams } from '../../core/random.ts';
import { type AugmentationOptions, createAugmentation } from './augment/augmentation.ts';
import { decodeView, viewOf } from './decode.ts';
import { normalise, normaliseTable } from './normalise.ts';
import type { Interpolation, View } from './resample.ts';
import { openSamples, type SampleSource } from './samples.ts';
import { centreView, isIdentity, wholeView } from './view.ts';

/** A stream of images as plain data and shared memory. */
export interface ImageOptions {
  readonly source: SampleSource;
  /** Samples used, and how many; null: 0 … count-1. */
  readonly samples: Uint32Array | null;
  readonly count: number;
  readonly channels: 1 | 3;
  readonly imgSize: number;
  readonly interpolation: Interpolation;
  /** Share of the resized image that is kept where there is no random crop. */
  readonly cropPct: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** null: as in evaluation. */
  readonly augment: Omit<AugmentationOptions, 'imgSize' | 'mean' | 'interpolation'> | null;
  readonly seed: number;
  readonly onBroken: 'stop' | 'skip';
  /** Blocks that images are taken from by turns, so that each is read once; of what lies in none, meaningless. */
  readonly keptBlocks: number;
}

/** A broken image that another one stands in for. */
export interface Broken {
  /** Its sample number in the split. */
  readonly sample: number;
  /** Where it lies, and why it cannot be read. */
  readonly message: string;
}

export interface ImageMaker {
  /**
   * The image at `place` of the subset, normalised (imgSize, imgSize, channels), to `out` from `at` on; chance is keyed by (step,
   * position). Returns the number of the sample that was taken. Throws DATASET_INVALID naming a broken image, or where too many are.
   */
  make(place: number, step: number, position: number, out: Float32Array, at: number): Promise<number>;
  close(): Promise<void>;
}

/** So many broken images in a row are no accident. */
const mostInARow = 64;

export function imageMaker(o: ImageOptions, broken: (image: Broken) => void): ImageMaker {
  const { channels, imgSize, interpolation } = o;
  const reader = openSamples(o.source, o.keptBlocks);
  const table = normaliseTable(channels, o.mean, o.std);
  const augmentation = o.augment && createAugmentation({ ...o.augment, imgSize, mean: o.mean, interpolation });
  const size = imgSize * imgSize * channels;

  const square = async (sample: number, random: Random): Promise<Uint8Array> => {
    const place = (width: number, height: number): View =>
      augmentation?.crop
        ? wholeView(augmentation.crop(random, width, height), imgSize)
        : centreView(width, height, imgSize, o.cropPct);
    const stored = await reader.read(sample);
    if ('encoded' in stored) {
      try {
        return await decodeView(stored.encoded, channels, place, interpolation);
      } catch (e) {
        throw placed(e, reader.where(sample));
      }
    }
    const view = place(stored.width, stored.height);
    if (stored.channels === channels && isIdentity(view, stored)) return stored.pixels;
    return viewOf({ ...stored, data: stored.pixels }, view, interpolation, channels);
  };

  const write = async (sample: number, step: number, position: number, out: Float32Array, at: number) => {
    const random = keyedRandom(o.seed, streams.augment, step, position);
    const data = await square(sample, random);
    const image = { data, width: imgSize, height: imgSize, channels };
    const { pixels, floats } = augmentation ?? { pixels: null, floats: null };
    normalise(pixels ? pixels(image, random).data : data, channels, table, out, at);
    floats?.(out.subarray(at, at + size), random);
  };

  return {
    async make(place, step, position, out, at) {
      for (let tried = 0; ; tried++) {
        const next = (place + tried) % o.count;
        const sample = o.samples ? o.samples[next]! : next;
        try {
          await write(sample, step, position, out, at);
          return sample;
        } catch (e) {
          const error = UnsmoothError.from(e);
          if (error.code !== 'DATASET_INVALID' || o.onBroken === 'stop') throw error;
          broken({ sample, message: error.message });
          if (tried + 1 >= Math.min(o.count, mostInARow)) throw tooMany(tried + 1, error);
        }
      }
    },
    close: () => reader.close(),
  };
}

function placed(e: unknown, where: string): UnsmoothError {
  const { code, message, hint } = UnsmoothError.from(e);
  return new UnsmoothError(code, `${where}: ${message}`, hint, [{ where, message }], { cause: e });
}

const tooMany = (count: number, last: UnsmoothError): UnsmoothError =>
  new UnsmoothError(
    'DATASET_INVALID',
    `${count} images in a row are broken, the last: ${last.message}`,
    'Check the dataset; data.on_broken: skip is for a few of them.',
    last.problems,
  );
