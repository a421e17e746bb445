// Small JSON files of the library: read by their format, replaced in one piece.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Format, readSaved } from '../../contract/saved/format.ts';
import { makeFolder } from './make-folder.ts';

/** Undefined where there is no such file. Throws INPUT_INVALID, FORMAT_NEWER, FILE_IO. */
export function readJsonFile<S extends z.ZodType>(format: Format<S>, file: string): z.output<S> | undefined {
  if (!existsSync(file)) return undefined;
  return readSaved(format, parseJsonFile(file), file);
}

/** Throws INPUT_INVALID where the content is no JSON, FILE_IO where it cannot be read. */
export function parseJsonFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (e) {
    throw UnsmoothError.from(e);
  }
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new UnsmoothError(
      'INPUT_INVALID',
      `${file}: not JSON: ${e instanceof Error ? e.message : e}`,
      'The file is damaged; restore it from a copy.',
    );
  }
}

/** Replaces `file`; readers see the old content or the new. Throws DISK_FULL or FILE_IO. */
export function writeJsonFile(file: string, data: unknown): void {
  writeTextFile(file, `${JSON.stringify(data, null, 2)}\n`);
}

export function writeTextFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.unsmooth-tmp`;
  try {
    makeFolder(path.dirname(file));
    writeFileSync(temporary, text, { flush: true });
    renameSync(temporary, file);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw UnsmoothError.from(e);
  }
}
