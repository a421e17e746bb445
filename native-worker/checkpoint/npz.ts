// Checkpoints of numpy.savez, as Google publishes its Vision Transformers: a zip of .npy. Knows nothing of models.
import { elementBytes } from './dtypes.ts';
import { type ByteSource, checkpointInvalid, shown } from './file-bytes.ts';
import { some } from './names.ts';
import { type NpyHeader, npyHeaderCap, npyHeaderLength, parseNpyHeader } from './npy-header.ts';
import { type TensorFile, tensorFile } from './tensor-file.ts';
import type { OpenedZip } from './torch-zip.ts';
import { columnMajor, elementsOf, rowMajor, type View } from './views.ts';
import { beginning, unpack, type ZipEntry } from './zip.ts';

/** The largest array that is unpacked from a compressed file; the largest weight of a ViT-G is a tenth of it. */
const unpackCap = 2 ** 29;

export const isNpz = (entries: readonly ZipEntry[]): boolean =>
  entries.length > 0 && entries.every((e) => e.name.endsWith('.npy') || e.name.endsWith('/'));

/**
 * Every array under its name; of a training state of JAX (`params/…`, `opt/target/…`) the parameters. Throws
 * CHECKPOINT_INVALID for a damaged file, pickled objects, or a set `weights` that is not there.
 */
export function openNpz(zip: OpenedZip, weights?: string): TensorFile {
  const { path } = zip;
  const notes: string[] = [];
  const left: string[] = [];
  const views = new Map<string, View>();
  for (const entry of zip.entries) {
    if (entry.name.endsWith('/')) continue;
    const name = entry.name.slice(0, -'.npy'.length);
    const header = headerOf(path, name, entry);
    if (header.dtype === null) left.push(`${name} (${header.descr})`);
    else views.set(name, viewOf(path, name, entry, header, header.dtype));
  }
  if (left.length > 0) notes.push(`left out: ${some(left)}`);
  if ([...views.values()].some((v) => v.dtype === 'BF16')) notes.push('two-byte data without a type read as bfloat16');
  const set = ['opt/target/', 'params/'].find((prefix) => [...views.keys()].some((n) => n.startsWith(prefix)));
  const setName = set?.slice(0, -1) ?? null;
  if (weights !== undefined && weights !== setName)
    throw checkpointInvalid(
      path,
      `holds no weights "${shown(weights)}"; ${setName === null ? 'it has one set, without a name' : `it has ${setName}`}`,
    );
  const taken = set === undefined ? views : new Map([...views].filter(([name]) => name.startsWith(set)));
  if (taken.size === 0) throw checkpointInvalid(path, 'holds no array that can be read');
  if (set !== undefined) notes.push(`took the weights "${setName}", ${views.size - taken.size} other arrays left out`);
  return tensorFile({
    path,
    container: 'npz',
    bytes: zip.bytes,
    metadata: {},
    views: new Map([...taken].map(([name, view]) => [name.slice(set?.length ?? 0), view])),
    notes,
    weightSets: setName === null ? [] : [setName],
    weights: setName,
    close: zip.close,
  });
}

function headerOf(path: string, name: string, entry: ZipEntry): NpyHeader {
  const length = npyHeaderLength(beginning(path, entry, 12));
  if (length === undefined)
    throw checkpointInvalid(path, 'expected .npy of version 1 to 3, found something else', name);
  if (length > npyHeaderCap || length > entry.bytes)
    throw checkpointInvalid(path, `a header of ${length} bytes in ${entry.bytes}`, name);
  const header = parseNpyHeader(beginning(path, entry, length).subarray(0, length));
  if (typeof header === 'string') throw checkpointInvalid(path, header, name);
  if (/O/.test(header.descr))
    throw checkpointInvalid(
      path,
      'holds pickled Python objects, which are never read',
      name,
      'Save plain arrays: numpy.savez(file, **{name: numpy.asarray(value, dtype="float32")}).',
    );
  return header;
}

function viewOf(path: string, name: string, entry: ZipEntry, header: NpyHeader, dtype: View['dtype']): View {
  const { shape, length, fortran, bigEndian } = header;
  const expected = (elementsOf(shape) ?? Number.POSITIVE_INFINITY) * elementBytes[dtype];
  if (expected !== entry.bytes - length)
    throw checkpointInvalid(
      path,
      `expected ${expected} bytes for ${header.descr} [${shape.join(', ')}], found ${entry.bytes - length}`,
      name,
    );
  if (entry.deflated && entry.bytes > unpackCap)
    throw checkpointInvalid(
      path,
      `${entry.bytes} bytes compressed, expected at most ${unpackCap}`,
      name,
      'Save it without compression: numpy.savez instead of numpy.savez_compressed.',
    );
  const strides = fortran ? columnMajor(shape) : rowMajor(shape);
  const source = entry.deflated ? unpacked(path, entry) : entry.stored;
  return { dtype, shape, strides, offset: length, source, bigEndian };
}

/** A compressed entry: unpacked whole, once for each reading of the tensor. */
function unpacked(path: string, entry: ZipEntry): ByteSource {
  const hold = (): ByteSource => {
    const whole = unpack(path, entry, unpackCap);
    return { bytes: whole.length, read: (into, at) => into.set(whole.subarray(at, at + into.length)) };
  };
  return { bytes: entry.bytes, read: (into, at) => hold().read(into, at), hold };
}
