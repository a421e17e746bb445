// Changes the index of a run's checkpoints while no worker owns the run: forgets entries, and names pairs again that came back.
import { existsSync, readdirSync } from 'node:fs';
import type { CheckpointEntry } from '../../contract/saved/run.ts';
import { writeJsonFile } from '../files/json-file.ts';
import { checkpointsFolder, findCheckpoints, indexFile, wholePair } from './pairs.ts';

/** Throws FILE_IO, DISK_FULL. */
export function forgetCheckpoints(dir: string, steps: readonly number[]): void {
  write(
    dir,
    findCheckpoints(dir).checkpoints.filter((c) => !steps.includes(c.step)),
  );
}

/** Adds entries; of a step that is there already the given one counts. Throws FILE_IO, DISK_FULL. */
export function nameCheckpoints(dir: string, entries: readonly CheckpointEntry[]): void {
  const others = findCheckpoints(dir).checkpoints.filter((c) => entries.every((e) => e.step !== c.step));
  write(dir, [...others, ...entries]);
}

/** Adds every pair of files that is whole and not named. */
export function nameWholePairs(dir: string): void {
  const folder = checkpointsFolder(dir);
  if (!existsSync(folder)) return;
  const named = new Set(findCheckpoints(dir).checkpoints.map((c) => c.weights));
  const unnamed = readdirSync(folder).flatMap((name) => (named.has(name) ? [] : (wholePair(folder, name) ?? [])));
  if (unnamed.length > 0) nameCheckpoints(dir, unnamed);
}

function write(dir: string, entries: readonly CheckpointEntry[]): void {
  const checkpoints = [...entries].sort((a, b) => a.step - b.step);
  writeJsonFile(indexFile(dir), { version: 1, checkpoints });
}
