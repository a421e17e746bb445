// One IDX file (LeCun's MNIST format, big-endian, plain or gzip) as checked bytes. Knows nothing of splits or classes.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UnsmoothError } from '../../contract/errors.ts';

/** Unsigned bytes in 1 or 3 dimensions: labels, images. */
export type IdxRank = 1 | 3;

export interface IdxHeader {
  file: string;
  dims: number[];
  /** Reads and checks the whole file; dims.product bytes, row-major. */
  payload(): Uint8Array;
}

export function invalid(file: string, field: string, expected: string, found: string): UnsmoothError {
  return new UnsmoothError(
    'DATASET_INVALID',
    `${file}: ${field}: expected ${expected}, found ${found}`,
    'The file is damaged or of another kind; fetch it again.',
    [{ where: file, message: `${field}: expected ${expected}, found ${found}` }],
  );
}

const hex = (n: number) => `0x${n.toString(16).padStart(8, '0')}`;
const dimNames = ['count', 'rows', 'columns'];
const isGzip = (file: string) => file.endsWith('.gz');

/** Reads the header, and checks the size of a plain file by it. Throws DATASET_INVALID. */
export function openIdxFile(file: string, rank: IdxRank): IdxHeader {
  const headerBytes = 4 + 4 * rank;
  if (isGzip(file)) {
    const content = gunzip(file);
    const dims = parseHeader(file, content, rank);
    checkSize(file, dims, headerBytes, content.length);
    return { file, dims, payload: () => bytesFrom(content, headerBytes) };
  }
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(headerBytes);
    const dims = parseHeader(file, head.subarray(0, readSync(fd, head, 0, headerBytes, 0)), rank);
    checkSize(file, dims, headerBytes, fstatSync(fd).size);
    return {
      file,
      dims,
      payload() {
        const content = readFileSync(file);
        checkSize(file, dims, headerBytes, content.length);
        return bytesFrom(content, headerBytes);
      },
    };
  } finally {
    closeSync(fd);
  }
}

/** The rest of a buffer as plain bytes, without a copy. */
const bytesFrom = (content: Buffer, at: number) =>
  new Uint8Array(content.buffer, content.byteOffset + at, content.length - at);

function gunzip(file: string): Buffer {
  try {
    return gunzipSync(readFileSync(file));
  } catch (e) {
    if (e instanceof Error && 'code' in e && String(e.code).startsWith('Z_'))
      throw invalid(file, 'gzip stream', 'a whole one', e.message);
    throw UnsmoothError.from(e);
  }
}

function parseHeader(file: string, content: Buffer, rank: IdxRank): number[] {
  const headerBytes = 4 + 4 * rank;
  if (content.length < headerBytes)
    throw invalid(file, 'header', `${headerBytes} bytes`, `${content.length} bytes (truncated)`);
  const magic = content.readUInt32BE(0);
  const expected = 0x800 + rank;
  if (magic !== expected)
    throw invalid(file, 'magic', `${hex(expected)} (unsigned bytes, ${rank}-dimensional)`, hex(magic));
  const dims = Array.from({ length: rank }, (_, d) => content.readUInt32BE(4 + 4 * d));
  for (const [d, n] of dims.entries())
    if (n === 0) throw invalid(file, dimNames[d] ?? 'dimension', 'at least 1', '0 (empty)');
  return dims;
}

function checkSize(file: string, dims: readonly number[], headerBytes: number, found: number): void {
  const expected = headerBytes + dims.reduce((a, b) => a * b, 1);
  if (found !== expected)
    throw invalid(
      file,
      'size',
      `${expected} bytes for ${dims.join(' x ')}`,
      `${found} bytes${found < expected ? ' (truncated)' : ''}`,
    );
}
