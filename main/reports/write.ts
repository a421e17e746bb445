// Writes the report of some runs in the formats asked for.
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import { writeJsonFile, writeTextFile } from '../files/json-file.ts';
import type { ReadableRun } from '../runs/view.ts';
import { collect } from './collect.ts';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';

export const reportFormats = ['html', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Throws USAGE for a format that is not known. */
export function reportFormatsOf(text: string): ReportFormat[] {
  return text.split(',').map((name) => {
    const known = reportFormats.find((f) => f === name.trim());
    if (known) return known;
    const close = nearest(name, reportFormats);
    throw new UnsmoothError(
      'USAGE',
      `there is no report format ${JSON.stringify(name)}`,
      close ? `Did you mean ${close}?` : `Formats: ${reportFormats.join(', ')}`,
    );
  });
}

/** Returns the files written. Throws DISK_FULL, FILE_IO, INPUT_INVALID. */
export function writeReport(views: readonly ReadableRun[], formats: readonly ReportFormat[], out: string): string[] {
  const runs = collect(views);
  const made = new Date();
  return formats.map((format) => {
    const file = path.join(out, `report.${format}`);
    if (format === 'html') writeTextFile(file, htmlReport(runs, made));
    else writeJsonFile(file, jsonReport(runs, made));
    return file;
  });
}
