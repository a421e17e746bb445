// engine.json: what an engine's folder holds. Written last, so that a folder with it is whole; sizes tell a damaged one quickly.
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

export const engineRecord = z.object({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  /** What it was made from: wheel or package, and its sha256 or integrity. */
  sources: z.record(z.string(), z.string()),
  binding: z.enum(['built', 'prebuilt', 'none']),
  /** The GPU that was found when it was installed; null where none was, or none is looked for. */
  device: z.string().nullable().default(null),
  /** Path below the folder → bytes. */
  files: z.record(z.string(), z.number()),
  installed_at: z.string(),
});
export type EngineRecord = z.infer<typeof engineRecord>;

const recordFile = (folder: string): string => path.join(folder, 'engine.json');

/** Every plain file below a folder with its size; symbolic links are left out. */
export function filesBelow(folder: string): Record<string, number> {
  const files: Record<string, number> = {};
  const visit = (below: string): void => {
    for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const file = path.join(below, entry.name);
      if (entry.isDirectory()) visit(file);
      else if (entry.isFile()) files[file] = fs.statSync(path.join(folder, file)).size;
    }
  };
  visit('');
  return files;
}

export function writeRecord(folder: string, record: EngineRecord): void {
  fs.writeFileSync(recordFile(folder), `${JSON.stringify(record, null, 1)}\n`);
}

/** The record of a folder, or in words why it cannot be used. */
export function readRecord(folder: string): EngineRecord | string {
  let text: string;
  try {
    text = fs.readFileSync(recordFile(folder), 'utf8');
  } catch {
    return 'engine.json is missing';
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return 'engine.json is damaged';
  }
  const parsed = engineRecord.safeParse(data);
  return parsed.success ? parsed.data : 'engine.json was not written by this version';
}

/** The first file that is missing or of another size, in words, or null. */
export function damage(folder: string, record: EngineRecord): string | null {
  for (const [file, bytes] of Object.entries(record.files)) {
    const size = fs.statSync(path.join(folder, file), { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${file} is missing`;
    if (size !== bytes) return `${file} has ${size} bytes, expected ${bytes}`;
  }
  return null;
}
