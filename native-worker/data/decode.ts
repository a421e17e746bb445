// Encoded images to pixels by sharp (libvips), as PIL's convert('RGB') or convert('L') gives them: turned as EXIF says, transparency
// dropped and not blended, colour profiles ignored, 16 bits cut to 8, CMYK by PIL's formula, the first frame. Knows no dataset.
import type { Metadata, Sharp } from 'sharp';
import { UnsmoothError } from '../../contract/errors.ts';
import { endsWhole, type JpegHead, jpegHead } from './jpeg-head.ts';
import type { Interpolation, Raster, View } from './resample.ts';
import { resampleFast } from './resample-fast.ts';

let loading: Promise<typeof import('sharp').default> | undefined;
/** Loaded when the first image is met: decoded pixels need none of it. One thread an image, for there is a loader thread a core. */
function library(): Promise<typeof import('sharp').default> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

/** Larger ones are refused by their head, before anything of them is decoded. */
export const largestSide = 50_000;
export const largestImage = 268_402_689;

export interface ImageHead {
  /** As turned by its EXIF orientation. */
  readonly width: number;
  readonly height: number;
}

export interface Decoded {
  /** uint8 (height, width, channels). */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Size of an image, from its head alone. Throws DATASET_INVALID where it has none that can be read, or is too large. */
export async function imageHead(encoded: Uint8Array): Promise<ImageHead> {
  const jpeg = jpegHead(encoded);
  return jpeg ? turnedSize(jpeg) : turnedSize(await metadata(encoded));
}

/** All of an image. Throws DATASET_INVALID with the reason: broken, cut off, too large, no image. */
export async function decodeImage(encoded: Uint8Array, channels: 1 | 3): Promise<Decoded> {
  const jpeg = jpegHead(encoded);
  return converted(jpeg && isPlain(jpeg) ? await plain(encoded, turnedSize(jpeg)) : await any(encoded), channels);
}

/**
 * The view of an image that `place` chooses by its size, as uint8 (window.height, window.width, channels). Of a plain JPEG only what
 * the view needs is decoded. Throws DATASET_INVALID as decodeImage.
 */
export async function decodeView(
  encoded: Uint8Array,
  channels: 1 | 3,
  place: (width: number, height: number) => View,
  interpolation: Interpolation,
): Promise<Uint8Array> {
  const jpeg = jpegHead(encoded);
  if (!jpeg || !isPlain(jpeg) || !endsWhole(encoded)) {
    const all = await decodeImage(encoded, channels);
    return viewOf({ ...all, channels }, place(all.width, all.height), interpolation, channels);
  }
  const { width, height } = turnedSize(jpeg);
  const view = place(width, height);
  const part = await plain(encoded, { width, height }, view.box);
  const whole = { left: 0, top: 0, width: view.box.width, height: view.box.height };
  return viewOf(part, { ...view, box: whole }, interpolation, channels);
}

/** A view of pixels, in `channels`: grey by PIL's weights after the resize, or repeated. */
export function viewOf(image: Raster, view: View, interpolation: Interpolation, channels: 1 | 3): Uint8Array {
  const { width, height } = view.window;
  const out = new Uint8Array(width * height * image.channels);
  resampleFast(image, view, interpolation, out);
  return converted({ data: out, width, height, channels: image.channels }, channels).data;
}

const isPlain = (head: JpegHead): boolean =>
  head.precision === 8 && head.orientation === 1 && (head.components === 1 || head.components === 3);

function turnedSize(head: { width: number; height: number; orientation?: number | undefined }): ImageHead {
  const { width, height, orientation = 1 } = head;
  if (width < 1 || height < 1) throw invalid(`is ${width} x ${height} px`);
  if (width > largestSide || height > largestSide || width * height > largestImage)
    throw invalid(
      `is ${width} x ${height} px; at most ${largestSide} a side and ${Math.floor(largestImage / 1e6)} million in all are read`,
    );
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

const options = { failOn: 'truncated', ignoreIcc: true, limitInputPixels: largestImage, pages: 1 } as const;

/** A JPEG of 8 bits, grey or colour, as stored; `part` of it, if given. */
async function plain(encoded: Uint8Array, size: ImageHead, part?: View['box']): Promise<Raster> {
  const image = (await library())(encoded, options);
  if (part && (part.width < size.width || part.height < size.height)) image.extract(part);
  return raw(image, encoded);
}

async function any(encoded: Uint8Array): Promise<Raster> {
  const head = await metadata(encoded);
  turnedSize(head);
  const image = (await library())(encoded, options);
  if (head.orientation && head.orientation !== 1) image.autoOrient();
  if (head.space === 'cmyk') {
    const inks = await raw(image.pipelineColourspace('cmyk').toColourspace('cmyk'), encoded);
    return { ...inks, data: fromInks(inks.data), channels: 3 };
  }
  const decoded = await raw(image, encoded);
  return decoded.channels === 2 || decoded.channels === 4
    ? { ...decoded, data: withoutLast(decoded.data, decoded.channels), channels: decoded.channels - 1 }
    : decoded;
}

async function raw(image: Sharp, encoded: Uint8Array): Promise<Raster> {
  try {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (e) {
    throw unreadable(e, encoded);
  }
}

async function metadata(encoded: Uint8Array): Promise<Metadata> {
  const sharp = await library();
  try {
    return await sharp(encoded, { ...options, limitInputPixels: false }).metadata();
  } catch (e) {
    throw unreadable(e, encoded);
  }
}

/** First bytes of a format, and how libvips names its reader. */
const readers: readonly (readonly [said: RegExp, magic: string])[] = [
  [/^VipsJpeg: /, '\xff\xd8'],
  [/^vipspng: /, '\x89PNG'],
  [/^webp: /, 'RIFF'],
  [/^gifload_buffer: /, 'GIF8'],
];

/**
 * libvips says several lines, the first of which is the reason, after the reader's name. It keeps them for the whole process: of images
 * that fail at once one may get none, or another's.
 */
export function unreadable(e: unknown, encoded: Uint8Array): UnsmoothError {
  const line = (e instanceof Error ? e.message : String(e)).split('\n')[0]?.trim() ?? '';
  const said = line.replace(/^Input buffer has corrupt header:\s*/, '');
  if (/unsupported image format/.test(said)) return invalid('is no image of a known format', e);
  const reader = readers.find(([name]) => name.test(said));
  const others = reader !== undefined && !Buffer.from(encoded.subarray(0, 4)).toString('latin1').startsWith(reader[1]);
  const lost = others || /^(unknown error)?$/i.test(said);
  const reason = lost ? 'it is cut short or damaged' : said.replace(reader?.[0] ?? '', '');
  return invalid(`cannot be decoded: ${reason}`, e);
}

const invalid = (reason: string, cause?: unknown): UnsmoothError =>
  new UnsmoothError(
    'DATASET_INVALID',
    `the image ${reason}`,
    'Replace or remove it, or set data.on_broken to skip.',
    [],
    cause === undefined ? undefined : { cause },
  );

function withoutLast(data: Uint8Array, channels: number): Uint8Array {
  const kept = channels - 1;
  const out = new Uint8Array((data.length / channels) * kept);
  for (let from = 0, to = 0; from < data.length; from += channels, to += kept)
    for (let c = 0; c < kept; c++) out[to + c] = data[from + c]!;
  return out;
}

/** Pillow's cmyk2rgb: what is left of white after the black and then the colour. */
function fromInks(data: Uint8Array): Uint8Array {
  const out = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const light = 255 - data[from + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = data[from + c]! * light + 128;
      out[to + c] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return out;
}

/** Grey repeated, or colour by ITU-R 601-2 as Pillow's convert('L'): (19595 R + 38470 G + 7471 B + 0x8000) >> 16. */
function converted(image: Raster, channels: 1 | 3): Raster {
  if (image.channels === channels) return image;
  const { data } = image;
  const pixels = image.width * image.height;
  const out = new Uint8Array(pixels * channels);
  if (channels === 3) for (let i = 0; i < pixels; i++) out.fill(data[i]!, 3 * i, 3 * i + 3);
  else
    for (let i = 0; i < pixels; i++)
      out[i] = (19595 * data[3 * i]! + 38470 * data[3 * i + 1]! + 7471 * data[3 * i + 2]! + 0x8000) >> 16;
  return { ...image, data: out, channels };
}
