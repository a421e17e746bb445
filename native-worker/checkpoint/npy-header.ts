// The header of numpy's .npy: magic, version, a dict in Python's notation. Knows nothing of the zip around it.
import type { Dtype } from './dtypes.ts';

export interface NpyHeader {
  /** numpy's name of the type as written, `<f4`. */
  descr: string;
  /** Null for a type that is not read. */
  dtype: Dtype | null;
  bigEndian: boolean;
  fortran: boolean;
  shape: readonly number[];
  /** Where the data begins. */
  length: number;
}

/** Bytes of the header that are looked at; numpy itself refuses to read more than 10,000. */
export const npyHeaderCap = 65_536;

const types = new Map<string, Dtype>([
  ['b1', 'BOOL'],
  ['u1', 'U8'],
  ['i1', 'I8'],
  ['u2', 'U16'],
  ['i2', 'I16'],
  ['u4', 'U32'],
  ['i4', 'I32'],
  ['u8', 'U64'],
  ['i8', 'I64'],
  ['f2', 'F16'],
  ['f4', 'F32'],
  ['f8', 'F64'],
  // How numpy writes the bfloat16 of JAX.
  ['V2', 'BF16'],
]);

/** Bytes that the magic, the version and the header take together, from the first 12; undefined for no .npy. */
export function npyHeaderLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < 12 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  if (major === 1) return 10 + view.getUint16(8, true);
  return major === 2 || major === 3 ? 12 + view.getUint32(8, true) : undefined;
}

/** The header, from its whole bytes; a text that says what is wrong with it otherwise. */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader | string {
  const start = bytes[6] === 1 ? 10 : 12;
  const text = Buffer.from(bytes.subarray(start)).toString('latin1').trim();
  const descr = /['"]descr['"]\s*:\s*(?:['"]([<>|=]?[A-Za-z]\d*)['"]|(.))/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)\b/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\dL,\s]*)\)/.exec(text);
  if (!descr || !order || !shape) return 'expected descr, fortran_order and shape in its header';
  if (descr[1] === undefined) return 'holds records, expected plain numbers';
  const sizes = (shape[1] ?? '')
    .split(',')
    .map((s) => s.trim().replace(/L$/, ''))
    .filter((s) => s !== '')
    .map(Number);
  if (sizes.length > 64 || !sizes.every((s) => Number.isSafeInteger(s))) return 'a shape that is no tuple of sizes';
  return {
    descr: descr[1],
    dtype: types.get(descr[1].replace(/^[<>|=]/, '')) ?? null,
    bigEndian: descr[1].startsWith('>'),
    fortran: order[1] === 'True',
    shape: sizes,
    length: bytes.length,
  };
}
