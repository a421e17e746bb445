// Writing safetensors: same tensors, same bytes; never half a file. Knows nothing of what the tensors mean.
import { UnsmoothError } from '../../contract/errors.ts';
import { replaceFile, writeAll } from './atomic-file.ts';
import { elementBytes } from './dtypes.ts';

export type WritableTensor =
  | { dtype: 'F32'; shape: readonly number[]; data: Float32Array }
  | { dtype: 'I32'; shape: readonly number[]; data: Int32Array }
  | { dtype: 'I64'; shape: readonly number[]; data: BigInt64Array }
  | { dtype: 'U8'; shape: readonly number[]; data: Uint8Array };

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
  const ordered = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => elementBytes[b.dtype] - elementBytes[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  let end = 0;
  const header: [string, unknown][] = [
    ['__metadata__', Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))],
  ];
  for (const [name, { dtype, shape, data }] of ordered) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new UnsmoothError(
        'INTERNAL',
        `${path}: tensor ${name}: [${shape.join(', ')}] needs ${size} values, got ${data.length}`,
      );
    header.push([name, { dtype, shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  replaceFile(path, (fd) => {
    writeAll(fd, prefix);
    writeAll(fd, padded);
    for (const [, { data }] of ordered) writeAll(fd, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  return prefix.length + padded.length + end;
}
