// Bytes of an open file by position: no file pointer, no copy of the file. Knows nothing of formats.
import { openSync, readSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';

/** A run of bytes that can be read from any place in it. */
export interface ByteSource {
  readonly bytes: number;
  /** Fills `into` from position `at`; throws CHECKPOINT_INVALID when the bytes are no longer there. */
  read(into: Uint8Array, at: number): void;
  /** The same bytes made quick to read from, for as long as the result is kept; only where that costs something. */
  hold?(): ByteSource;
}

/** Opens for reading. Throws CHECKPOINT_NOT_FOUND or FILE_IO. */
export function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT')
      throw new UnsmoothError('CHECKPOINT_NOT_FOUND', `${path} does not exist`, 'Check the path.');
    throw UnsmoothError.from(e);
  }
}

/** Reads until `into` is full or the file ends; how many bytes it got. Throws FILE_IO. */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  try {
    while (done < into.length) {
      const got = readSync(fd, into, done, Math.min(into.length - done, 2 ** 30), position + done);
      if (got === 0) break;
      done += got;
    }
  } catch (e) {
    throw UnsmoothError.from(e);
  }
  return done;
}

/** CHECKPOINT_INVALID about `file`, and about one tensor where given. */
export function checkpointInvalid(file: string, message: string, tensor?: string, hint?: string): UnsmoothError {
  return new UnsmoothError(
    'CHECKPOINT_INVALID',
    `${file}: ${tensor === undefined ? '' : `tensor ${tensor}: `}${message}`,
    hint ?? 'The file is damaged or of another kind; copy or export it again.',
    [{ where: tensor ?? file, message }],
  );
}

/** `bytes` bytes of the file from `start`. */
export function fileRegion(path: string, fd: number, start: number, bytes: number): ByteSource {
  return {
    bytes,
    read(into, at) {
      if (readFully(fd, into, start + at) !== into.length)
        throw checkpointInvalid(path, `expected ${into.length} bytes at ${start + at}, the file has become shorter`);
    },
  };
}

/** A name or text of the file fit for a message: no control characters, not endless. */
export function shown(text: string): string {
  const clean = text.slice(0, 200).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
  return clean.length > 120 ? `${clean.slice(0, 120)}…` : clean;
}
