// The append-only files of a run as numbers: metrics by step, layers by probe.
import { existsSync, readFileSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import {
  type LayersLine,
  LineReader,
  layersLine,
  type MetricsLine,
  metricsLine,
  readLines,
} from '../../contract/saved/lines.ts';
import { LineBreaker } from '../../core/jsonl.ts';
import { layersFile, metricsFile, Tail } from './columns.ts';

function text(file: string): string {
  if (!existsSync(file)) return '';
  try {
    return readFileSync(file, 'utf8');
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}

const layersKey = (l: LayersLine): string => `${l.step} ${l.tap} ${l.tokens} ${l.probe.split}`;

/** Every step once, in order; `broken` counts unreadable lines. */
export function readMetrics(dir: string): { lines: MetricsLine[]; broken: number } {
  return readLines(text(metricsFile(dir)), metricsLine);
}

/** Every probe once, by step and tap. */
export function readLayers(dir: string): { lines: LayersLine[]; broken: number } {
  return readLines(text(layersFile(dir)), layersLine, layersKey);
}

/** Both files, in turns with whatever else the process does. Throws FILE_IO. */
export async function readSeriesInTurns(dir: string) {
  const metrics = await inTurns(metricsFile(dir), new LineReader(metricsLine));
  const layers = await inTurns(layersFile(dir), new LineReader(layersLine, layersKey));
  return { metrics, layers };
}

async function inTurns<T extends { step: number }>(file: string, reader: LineReader<T>) {
  const breaker = new LineBreaker();
  const take = (line: string) => reader.take(line);
  await new Tail(file).read((text) => breaker.push(text, take));
  breaker.end(take);
  return { lines: reader.lines(), broken: reader.broken };
}
