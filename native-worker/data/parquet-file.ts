// One Parquet file by hyparquet, nothing in it trusted: footer, counts and places are checked before a column is read.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AsyncBuffer, type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UnsmoothError } from '../../contract/errors.ts';

/** A footer lists columns and row groups: even of a million row groups it is smaller. */
const mostFooterBytes = 1 << 28;
/** What a row group's column may take when it is read. */
const mostGroupBytes = 2 ** 32;
const mostRows = 2 ** 31 - 1;

export interface ParquetFile {
  readonly size: number;
  readonly metadata: FileMetaData;
  /** Rows of each row group. */
  readonly groupRows: readonly number[];
  /** Bytes of the footer: what the file says of its content. */
  readonly footer: Uint8Array;
  /** Values of a top-level column in one row group. Throws DATASET_INVALID. */
  readGroup(column: string, group: number): Promise<unknown[]>;
  close(): void;
}

/** Opens and checks the file. Throws DATASET_INVALID naming `where` and the field. */
export function openParquetFile(path: Buffer, where: string): ParquetFile {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const footer = readFooter(fd, size, where);
    const metadata = parsed(footer, where);
    const groupRows = checkedRows(metadata, size, where);
    let before = 0;
    const starts = groupRows.map((rows) => {
      before += rows;
      return before - rows;
    });
    return {
      size,
      metadata,
      groupRows,
      footer,
      close: () => closeSync(fd),
      async readGroup(column, group) {
        const rowStart = starts[group] ?? 0;
        const rowEnd = rowStart + (groupRows[group] ?? 0);
        try {
          const rows = await parquetReadObjects({
            file: bufferOf(fd, size),
            metadata,
            columns: [column],
            rowStart,
            rowEnd,
            compressors,
            utf8: false,
          });
          if (rows.length === rowEnd - rowStart) return rows.map((r) => r[column]);
          throw new RangeError(`expected ${rowEnd - rowStart} rows, found ${rows.length}`);
        } catch (e) {
          throw damaged(where, `row group ${group}, column ${column}`, e);
        }
      },
    };
  } catch (e) {
    closeSync(fd);
    throw e;
  }
}

function damaged(where: string, field: string, cause: unknown): UnsmoothError {
  const message = `${field}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new UnsmoothError(
    'DATASET_INVALID',
    `${where}: ${message}`,
    'The file is damaged or cut short; fetch it again.',
    [{ where, message }],
    { cause },
  );
}

/** Metadata, its length and the magic, as they end the file. */
function readFooter(fd: number, size: number, where: string): Uint8Array {
  const tail = Buffer.alloc(8);
  const fail = (message: string) => damaged(where, 'footer', new Error(message));
  if (size < 12) throw fail(`expected at least 12 bytes, found ${size}`);
  readSync(fd, tail, 0, 8, size - 8);
  if (tail.toString('latin1', 4) !== 'PAR1')
    throw fail('the file does not end in PAR1 (cut short, or no Parquet file)');
  const length = tail.readUInt32LE(0);
  if (length > size - 12 || length > mostFooterBytes) throw fail(`claims ${length} bytes of ${size}`);
  const footer = new Uint8Array(length + 8);
  readSync(fd, footer, 0, footer.length, size - 8 - length);
  return footer;
}

function parsed(footer: Uint8Array, where: string): FileMetaData {
  try {
    return parquetMetadata(footer, { geoparquet: false });
  } catch (e) {
    throw damaged(where, 'footer', e);
  }
}

/** Every count against every other, every place against the file's size. */
function checkedRows({ num_rows, row_groups }: FileMetaData, size: number, where: string): number[] {
  const fail = (field: string, message: string) => damaged(where, field, new Error(message));
  if (num_rows < 0n || num_rows > BigInt(mostRows)) throw fail('rows', `claims ${num_rows}`);
  let sum = 0n;
  for (const [g, group] of row_groups.entries()) {
    if (!(group.num_rows >= 0n)) throw fail(`row group ${g}`, `claims ${group.num_rows} rows`);
    sum += group.num_rows;
    for (const { meta_data: column, file_path } of group.columns) {
      if (!column || file_path) throw fail(`row group ${g}`, 'its columns lie in another file');
      const at = Number(column.dictionary_page_offset ?? column.data_page_offset);
      const bytes = Number(column.total_compressed_size);
      const name = column.path_in_schema.join('.');
      if (!(at >= 0 && bytes >= 0 && at + bytes <= size))
        throw fail(`row group ${g}, column ${name}`, `claims bytes ${at} to ${at + bytes} of ${size}`);
      if (Number(column.total_uncompressed_size) > mostGroupBytes)
        throw fail(
          `row group ${g}, column ${name}`,
          `takes ${column.total_uncompressed_size} bytes: write smaller row groups`,
        );
    }
  }
  if (sum !== num_rows) throw fail('rows', `${num_rows} in all, but ${sum} in the row groups`);
  return row_groups.map((g) => Number(g.num_rows));
}

function bufferOf(fd: number, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice(start, end = size) {
      if (start < 0 || end < start || end > size) throw new RangeError(`bytes ${start} to ${end} of ${size}`);
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30), start + done);
        if (read === 0) throw new RangeError(`the file ends at byte ${start + done}`);
        done += read;
      }
      return bytes.buffer;
    },
  };
}
