// The head of a JPEG file without a decoder: size, components, and how EXIF says it is turned. It gives up on whatever is not plain.

export interface JpegHead {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** Bits a sample. */
  readonly precision: number;
  /** 1 … 8; 1: as stored. */
  readonly orientation: number;
}

const startOfFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** null where this is no JPEG, or its head is not whole. */
export function jpegHead(bytes: Uint8Array): JpegHead | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  let orientation = 1;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = u16(bytes, at + 2);
    if (startOfFrame(marker))
      return {
        precision: bytes[at + 4]!,
        height: u16(bytes, at + 5),
        width: u16(bytes, at + 7),
        components: bytes[at + 9]!,
        orientation,
      };
    if (marker === 0xda || length < 2) return null;
    if (marker === 0xe1) orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length)) ?? orientation;
    at += 2 + length;
  }
  return null;
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** Tag 0x0112 of the first directory of an APP1 segment. */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (segment.length < 20 || String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0') return undefined;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, segment.length - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.byteLength) return undefined;
    if (tiff.getUint16(at, little) !== 0x0112) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** True where the file ends as a JPEG ends: then nothing was cut off, and rows that are not needed need not be decoded to know it. */
export const endsWhole = (bytes: Uint8Array): boolean =>
  bytes[bytes.length - 2] === 0xff && bytes[bytes.length - 1] === 0xd9;
