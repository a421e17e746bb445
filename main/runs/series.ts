// The append-only files of a run as numbers: metrics by step, layers by probe.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type LayersLine, layersLine, type MetricsLine, metricsLine, readLines } from '../../contract/saved/lines.ts';

function text(file: string): string {
  if (!existsSync(file)) return '';
  try {
    return readFileSync(file, 'utf8');
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}

/** Every step once, in order; `broken` counts unreadable lines. */
export function readMetrics(dir: string): { lines: MetricsLine[]; broken: number } {
  return readLines(text(path.join(dir, 'metrics.jsonl')), metricsLine);
}

/** Every probe once, by step and tap. */
export function readLayers(dir: string): { lines: LayersLine[]; broken: number } {
  return readLines(
    text(path.join(dir, 'layers.jsonl')),
    layersLine,
    (l) => `${l.step} ${l.tap} ${l.tokens} ${l.probe.split}`,
  );
}
