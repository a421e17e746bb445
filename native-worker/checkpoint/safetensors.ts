// Reading safetensors: u64 little-endian header length, JSON header, then tensors without holes or overlap. Nothing is trusted.
// Knows nothing of what the tensors mean.
import { closeSync, fstatSync } from 'node:fs';
import { z } from 'zod';
import { elementBytes, isDtype } from './dtypes.ts';
import { checkpointInvalid, fileRegion, openFile, readFully } from './file-bytes.ts';
import { type TensorFile, tensorFile, type TensorEntry as ValueEntry } from './tensor-file.ts';
import { elementsOf, rowMajor, type View } from './views.ts';

export { checkpointInvalid };

export interface TensorEntry extends ValueEntry {
  /** Place in the file, in bytes. */
  readonly offset: number;
}

export interface SafetensorsFile extends TensorFile {
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** Bytes of a header, enough for 100,000 tensors. The format allows 100 MB, which would take gigabytes to look at. */
export const headerCap = 2 ** 24;

/** Opens and validates. Throws CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID naming file, tensor, expected and found, or FILE_IO. */
export function readSafetensors(path: string): SafetensorsFile {
  const fd = openFile(path);
  try {
    const { size } = fstatSync(fd);
    const { metadata, tensors } = parseHeader(path, fd, size);
    const views = new Map<string, View>();
    for (const [name, { dtype, shape, offset, bytes }] of tensors) {
      const source = fileRegion(path, fd, offset, bytes);
      views.set(name, { dtype, shape, strides: rowMajor(shape), offset: 0, source });
    }
    const close = () => closeSync(fd);
    return { ...tensorFile({ path, container: 'safetensors', bytes: size, metadata, views, close }), tensors };
  } catch (e) {
    closeSync(fd);
    throw e;
  }
}

function parseHeader(path: string, fd: number, size: number) {
  const prefix = Buffer.alloc(8);
  if (readFully(fd, prefix, 0) < 8)
    throw checkpointInvalid(path, `expected at least 8 bytes (safetensors header length), found ${size}`);
  const length = prefix.readBigUInt64LE(0);
  if (length > BigInt(headerCap) || length < 2n)
    throw checkpointInvalid(
      path,
      `header length: expected 2 to ${headerCap} bytes, found ${length} (not safetensors)`,
      undefined,
      prefix.toString('latin1', 0, 2) === 'PK'
        ? 'It looks like a PyTorch or NumPy archive; only .safetensors is read: save it with safetensors.torch.save_file.'
        : undefined,
    );
  if (8 + Number(length) > size)
    throw checkpointInvalid(path, `expected a header of ${length} bytes, found ${size - 8} (truncated)`);
  const bytes = Buffer.alloc(Number(length));
  readFully(fd, bytes, 8);
  const parsed = headerSchema.safeParse(parseJson(path, bytes));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw checkpointInvalid(path, `header: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { __metadata__: metadata = {}, ...described } = parsed.data;
  return { metadata, tensors: checkLayout(path, described, 8 + Number(length), size) };
}

const count = z.int().min(0);
const described = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });
type Described = z.infer<typeof described>;
const headerSchema = z.object({ __metadata__: z.record(z.string(), z.string()).optional() }).catchall(described);

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (e) {
    throw checkpointInvalid(path, `header: expected JSON, found ${e instanceof Error ? e.message : String(e)}`);
  }
}

function checkLayout(path: string, header: Record<string, Described>, dataStart: number, size: number) {
  const tensors = new Map<string, TensorEntry>();
  const ordered = Object.entries(header).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  for (const [name, { dtype, shape, data_offsets }] of ordered) {
    const [from, to] = data_offsets;
    if (!isDtype(dtype))
      throw checkpointInvalid(
        path,
        `dtype: expected one of ${Object.keys(elementBytes).join(', ')}, found ${dtype}`,
        name,
      );
    const expected = (elementsOf(shape) ?? Number.POSITIVE_INFINITY) * elementBytes[dtype];
    if (to - from !== expected)
      throw checkpointInvalid(
        path,
        `expected ${expected} bytes for ${dtype} [${shape.join(', ')}], found ${to - from}`,
        name,
      );
    if (from !== end)
      throw checkpointInvalid(
        path,
        `expected to begin at byte ${end}, found ${from} (${from < end ? 'overlap' : 'hole'})`,
        name,
      );
    end = to;
    if (dataStart + end > size)
      throw checkpointInvalid(
        path,
        `expected data up to byte ${dataStart + end}, the file has ${size} (truncated)`,
        name,
      );
    tensors.set(name, { dtype, shape, offset: dataStart + from, bytes: to - from });
  }
  if (dataStart + end !== size)
    throw checkpointInvalid(path, `expected ${dataStart + end} bytes, found ${size} (bytes after the last tensor)`);
  return tensors;
}
