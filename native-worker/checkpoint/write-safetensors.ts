// Writing safetensors: same tensors, same bytes; never half a file. Knows nothing of what the tensors mean.
import { UnsmoothError } from '../../contract/errors.ts';
import { replaceFile, writeAll } from './atomic-file.ts';
import { type Dtype, elementBytes } from './dtypes.ts';

export type WritableTensor =
  | { dtype: 'F32'; shape: readonly number[]; data: Float32Array }
  | { dtype: 'I32'; shape: readonly number[]; data: Int32Array }
  | { dtype: 'I64'; shape: readonly number[]; data: BigInt64Array }
  | { dtype: 'U8'; shape: readonly number[]; data: Uint8Array };

/** A tensor whose bytes (little-endian, row-major) come in pieces, so that none of it need be in memory at once. */
export interface StreamedTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  chunks(): Iterable<Uint8Array>;
}

/**
 * Replaces `path` atomically, tensor by tensor (no second copy in memory), data aligned to its element size: widest types
 * first, then by name. Returns the size in bytes. Throws DISK_FULL or FILE_IO with the old file whole, INTERNAL for a shape
 * that does not fit its data.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>>,
): number {
  const streamed = new Map<string, StreamedTensor>();
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length) throw misfit(path, name, shape, `${size} values, got ${data.length}`);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    streamed.set(name, { dtype, shape, chunks: () => [bytes] });
  }
  return streamSafetensors(path, streamed, metadata);
}

/**
 * `writeSafetensors` from pieces: the file is the same for the same tensors. What `chunks` throws (a cancel) passes through
 * and leaves the old file whole and nothing else. Throws as `writeSafetensors` does.
 */
export function streamSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StreamedTensor>,
  metadata: Readonly<Record<string, string>>,
): number {
  const bytesOf = ({ dtype, shape }: StreamedTensor) => shape.reduce((a, b) => a * b, 1) * elementBytes[dtype];
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) => elementBytes[b.dtype] - elementBytes[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  let end = 0;
  const header: [string, unknown][] = [
    ['__metadata__', Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))],
  ];
  for (const [name, tensor] of ordered) {
    const { dtype, shape } = tensor;
    header.push([name, { dtype, shape, data_offsets: [end, end + bytesOf(tensor)] }]);
    end += bytesOf(tensor);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  replaceFile(path, (fd) => {
    writeAll(fd, prefix);
    writeAll(fd, padded);
    for (const [name, tensor] of ordered) {
      let written = 0;
      for (const piece of tensor.chunks()) {
        writeAll(fd, piece);
        written += piece.length;
      }
      const bytes = bytesOf(tensor);
      if (written !== bytes) throw misfit(path, name, tensor.shape, `${bytes} bytes, got ${written}`);
    }
  });
  return prefix.length + padded.length + end;
}

const misfit = (path: string, name: string, shape: readonly number[], what: string): UnsmoothError =>
  new UnsmoothError('INTERNAL', `${path}: tensor ${name}: [${shape.join(', ')}] needs ${what}`);
