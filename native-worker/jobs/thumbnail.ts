// One small picture of a sample: fitted into a frame on black; a grey square with a cross where it cannot be read.
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeImage, viewOf } from '../data/decode.ts';
import type { SampleReader } from '../data/samples.ts';

export interface Frame {
  width: number;
  height: number;
  channels: 1 | 3;
}

/** uint8 (height, width, channels). Rejects only where the fault is not the image's. */
export async function thumbnail(reader: SampleReader, i: number, frame: Frame): Promise<Uint8Array> {
  try {
    const sample = await reader.read(i);
    if ('pixels' in sample)
      return sample.width === frame.width && sample.height === frame.height && sample.channels === frame.channels
        ? Uint8Array.from(sample.pixels)
        : fitted({ ...sample, data: sample.pixels }, frame);
    return fitted({ ...(await decodeImage(sample.encoded, frame.channels)), channels: frame.channels }, frame);
  } catch (e) {
    if (UnsmoothError.from(e).code === 'DATASET_INVALID') return crossed(frame);
    throw e;
  }
}

function fitted(
  image: { data: Uint8Array; width: number; height: number; channels: number },
  frame: Frame,
): Uint8Array {
  const scale = Math.min(frame.width / image.width, frame.height / image.height, 1);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const box = { left: 0, top: 0, width: image.width, height: image.height };
  const small = viewOf(
    image,
    { box, width, height, window: { left: 0, top: 0, width, height } },
    'bilinear',
    frame.channels,
  );
  const out = new Uint8Array(frame.width * frame.height * frame.channels);
  const left = Math.floor((frame.width - width) / 2) * frame.channels;
  const top = Math.floor((frame.height - height) / 2);
  const row = width * frame.channels;
  for (let y = 0; y < height; y++)
    out.set(small.subarray(y * row, (y + 1) * row), (top + y) * frame.width * frame.channels + left);
  return out;
}

function crossed({ width, height, channels }: Frame): Uint8Array {
  const out = new Uint8Array(width * height * channels).fill(96);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const across = (x / width) * height;
      if (Math.abs(across - y) < 1.5 || Math.abs(height - 1 - across - y) < 1.5)
        out.fill(192, (y * width + x) * channels, (y * width + x + 1) * channels);
    }
  return out;
}
