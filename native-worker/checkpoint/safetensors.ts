// Reading safetensors: u64 little-endian header length, JSON header, then tensors without holes or overlap. Nothing is trusted.
// Knows nothing of what the tensors mean.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { asArray, asFloat32, type Dtype, elementBytes, isDtype, type TensorArray } from './dtypes.ts';

export interface TensorEntry {
  dtype: Dtype;
  shape: readonly number[];
  /** Place in the file, and length, in bytes. */
  offset: number;
  bytes: number;
}

export interface SafetensorsFile {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The values in their own type (F16 and BF16 as bits). Throws CHECKPOINT_INVALID for an unknown name. */
  read(name: string): TensorArray;
  /** The values as float32. Throws CHECKPOINT_INVALID for an unknown name or an 8-bit float. */
  readFloat32(name: string): Float32Array;
  close(): void;
}

/** The format's own cap on the header, in bytes. */
const headerCap = 100_000_000;

/** CHECKPOINT_INVALID about `file`, and about one tensor where given. */
export function checkpointInvalid(file: string, message: string, tensor?: string, hint?: string): UnsmoothError {
  return new UnsmoothError(
    'CHECKPOINT_INVALID',
    `${file}: ${tensor === undefined ? '' : `tensor ${tensor}: `}${message}`,
    hint ?? 'The file is damaged or of another kind; copy or export it again.',
    [{ where: tensor ?? file, message }],
  );
}

/** Opens and validates. Throws CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID naming file, tensor, expected and found, or FILE_IO. */
export function readSafetensors(path: string): SafetensorsFile {
  const fd = open(path);
  try {
    const { size } = fstatSync(fd);
    const { metadata, tensors } = parseHeader(path, fd, size);
    const load = (name: string): { entry: TensorEntry; buffer: ArrayBuffer } => {
      const entry = tensors.get(name);
      if (!entry) throw checkpointInvalid(path, 'expected in the file, found none of that name', name);
      const bytes = new Uint8Array(entry.bytes);
      if (readFully(fd, bytes, entry.offset) !== entry.bytes)
        throw checkpointInvalid(
          path,
          `expected ${entry.bytes} bytes at ${entry.offset}, the file has become shorter`,
          name,
        );
      return { entry, buffer: bytes.buffer };
    };
    return {
      path,
      bytes: size,
      metadata,
      tensors,
      read(name) {
        const { entry, buffer } = load(name);
        return asArray(entry.dtype, buffer);
      },
      readFloat32(name) {
        const { entry, buffer } = load(name);
        const values = asFloat32(entry.dtype, buffer);
        if (!values) throw checkpointInvalid(path, `expected numbers readable as float32, found ${entry.dtype}`, name);
        return values;
      },
      close: () => closeSync(fd),
    };
  } catch (e) {
    closeSync(fd);
    throw e;
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT')
      throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${path} does not exist`, 'Check the path.');
    throw UnsmoothError.from(e);
  }
}

function readFully(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const got = readSync(fd, into, done, Math.min(into.length - done, 2 ** 30), position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
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
    const expected = shape.reduce((a, b) => a * b, 1) * elementBytes[dtype];
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
