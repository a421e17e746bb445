import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import type { ByteSource } from '../../native-worker/checkpoint/file-bytes.ts';
import { openTensors } from '../../native-worker/checkpoint/open.ts';
import { columnMajor, pieces, rowMajor, spanOf, type View } from '../../native-worker/checkpoint/views.ts';
import { type StreamedTensor, streamSafetensors } from '../../native-worker/checkpoint/write-safetensors.ts';
import { allOf, expectedOf, fixture } from './checkpoint.fixtures.ts';

/** A source that counts what is read of it. */
function counted(bytes: Uint8Array): ByteSource & { taken: number } {
  return {
    bytes: bytes.length,
    taken: 0,
    read(into, at) {
      if (at < 0 || at + into.length > bytes.length) throw new Error('read outside the source');
      into.set(bytes.subarray(at, at + into.length));
      this.taken += into.length;
    },
  };
}

const numbers = Float64Array.from({ length: 150_000 }, (_, i) => i);
const bytes = new Uint8Array(numbers.buffer);

/** The elements by the definition of a strided view. */
function slowly({ shape, strides, offset }: View): number[] {
  let at = [offset / 8];
  for (const [axis, size] of shape.entries())
    at = at.flatMap((a) => Array.from({ length: size }, (_, i) => a + i * (strides[axis] ?? 0)));
  return at.map((a) => numbers[a] ?? Number.NaN);
}

test.each<[string, number[], number[], number]>([
  ['contiguous', [300, 500], [500, 1], 0],
  ['contiguous, of one-sized axes with any stride', [1, 500, 1], [7, 1, 9], 3],
  ['transposed over several pages', [500, 300], [1, 500], 0],
  ['every other column from an offset', [299, 250], [500, 2], 77],
  ['permuted', [50, 20, 30], [1, 1500, 50], 11],
  ['repeated', [3, 40_000, 2], [0, 3, 0], 1],
  ['a repeated row of every third', [2, 40_000], [0, 3], 5],
  ['one number', [], [], 149_999],
  ['nothing', [0, 5], [5, 1], 0],
])('%s, in pieces of any size', (_, shape, strides, start) => {
  const source = counted(bytes);
  const view: View = { dtype: 'F64', shape, strides, offset: start * 8, source };
  expect(spanOf(view)).toBeLessThanOrEqual(bytes.length);
  const expected = slowly(view);
  for (const size of [1000, 4096, 2 ** 20, 2 ** 30]) {
    const parts = [...pieces(view, size)];
    expect(Math.max(0, ...parts.map((p) => p.length))).toBeLessThanOrEqual(size);
    expect([...new Float64Array(Uint8Array.from(Buffer.concat(parts)).buffer)]).toEqual(expected);
  }
  // A gather reads each page of the source once.
  expect(source.taken).toBeLessThanOrEqual(4 * bytes.length);
});

test('a piece holds at least one element; big-endian elements are turned round', () => {
  const view: View = { dtype: 'U16', shape: [2], strides: [1], offset: 0, source: counted(Uint8Array.of(1, 2, 3, 4)) };
  expect([...pieces(view, 1)].map((p) => [...p])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect([...pieces({ ...view, bigEndian: true }, 9)].map((p) => [...p])).toEqual([[2, 1, 4, 3]]);
});

test('strides of both orders of axes', () => {
  expect(rowMajor([2, 3, 4])).toEqual([12, 4, 1]);
  expect(columnMajor([2, 3, 4])).toEqual([1, 2, 6]);
  expect(rowMajor([])).toEqual([]);
});

test('a file of any kind becomes safetensors piece by piece; a cancel leaves what was there', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stream-'));
  const out = join(dir, 'out.safetensors');
  try {
    writeFileSync(out, 'before');
    const file = await openTensors(fixture('views.pt'));
    const streamed = (chunks: (name: string) => Iterable<Uint8Array>) =>
      new Map(
        [...file.tensors].map(([name, { dtype, shape }]): [string, StreamedTensor] => [
          name,
          { dtype, shape, chunks: () => chunks(name) },
        ]),
      );
    const cancel = new UnsmoothError('STOPPED', 'stopped');
    const cancelled = streamed(function* (name) {
      if (name === 'permuted') throw cancel;
      yield* file.chunks(name, 64);
    });
    expect(() => streamSafetensors(out, cancelled, {})).toThrow(cancel);
    expect(() =>
      streamSafetensors(
        out,
        streamed(() => []),
        {},
      ),
    ).toThrow(/needs \d+ bytes, got 0/);
    expect(readFileSync(out, 'utf8')).toBe('before');
    const size = streamSafetensors(
      out,
      streamed((name) => file.chunks(name, 64)),
      file.metadata,
    );
    file.close();
    expect(readdirSync(dir)).toEqual(['out.safetensors']);
    const written = await openTensors(out);
    expect(written.bytes).toBe(size);
    expect(allOf(written)).toEqual(expectedOf('views'));
    written.close();
  } finally {
    rmSync(dir, { recursive: true });
  }
});
