// The small JSON files of a run folder: read as a versioned format, replaced atomically, numbers that are not finite as strings.
import { existsSync, readFileSync } from 'node:fs';
import type { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { encodeNumber } from '../../contract/numbers.ts';
import { type Format, readSaved } from '../../contract/saved/format.ts';
import { replaceFile, writeAll } from '../checkpoint/atomic-file.ts';

/** JSON with "NaN", "Infinity" and "-Infinity" for numbers JSON has not. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' ? encodeNumber(v) : v), indent);
}

/** Throws DISK_FULL or FILE_IO; the old file is then whole. */
export function replaceJson(path: string, value: unknown): void {
  replaceFile(path, (fd) => writeAll(fd, Buffer.from(`${toJson(value, 2)}\n`)));
}

/** Undefined where the file does not exist. Throws FORMAT_NEWER, INPUT_INVALID for a damaged file, FILE_IO. */
export function readJson<S extends z.ZodType>(format: Format<S>, path: string): z.output<S> | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  return readSaved(format, parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new UnsmoothError(
      'INPUT_INVALID',
      `${path}: expected JSON, found ${e instanceof Error ? e.message : String(e)}`,
      'The file is damaged; restore it from a copy.',
    );
  }
}
