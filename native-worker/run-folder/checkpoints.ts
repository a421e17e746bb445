// The checkpoints of a run: pairs of weights and training state, and the index that makes a pair count.
// Order of writing: both files, then index.json, then what the index no longer names goes; so a kill leaves a usable index.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber, encodeNumber } from '../../contract/numbers.ts';
import {
  type CheckpointEntry,
  type CheckpointIndex,
  checkpointIndexFormat,
  checkpointIndexSchema,
} from '../../contract/saved/run.ts';
import { temporarySuffix } from '../checkpoint/atomic-file.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import { type WritableTensor, writeSafetensors } from '../checkpoint/write-safetensors.ts';
import { readJson, replaceJson, toJson } from './json-file.ts';

export interface CheckpointToSave {
  weights: Readonly<Record<string, WritableTensor>>;
  weightsMetadata: Readonly<Record<string, string>>;
  state: Readonly<Record<string, WritableTensor>>;
  stateMetadata: Readonly<Record<string, string>>;
  entry: { step: number; epoch: number; metrics: Readonly<Record<string, number>> };
  /** How many of the newest stay, beside the best by val/top1. */
  keep: number;
}

export interface StoredCheckpoint {
  entry: CheckpointEntry;
  weightsPath: string;
  statePath: string;
}

/** Metadata of a state file: what the index says of the pair, should the index be lost. */
const entryKey = 'checkpoint';

const ownFile = /^\d+(\.state)?\.safetensors$/;

export class Checkpoints {
  readonly #dir: string;
  #index: CheckpointIndex;
  /** Steps this process wrote or went on from: their files are what it would write again. */
  readonly #known = new Set<number>();

  /**
   * Reads the index and removes what a kill left beside it. An index that is lost or damaged is made anew from the pairs that are
   * whole. Throws FORMAT_NEWER, FILE_IO.
   */
  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
    const index = readIndex(dir);
    this.#index = index ?? { version: 1, checkpoints: [] };
    if (!index) this.#recover();
    this.#removeUnnamed();
  }

  #recover(): void {
    const found = readdirSync(this.#dir).flatMap((name) => wholePair(this.#dir, name) ?? []);
    if (found.length > 0) this.#replaceIndex(found.sort((a, b) => a.step - b.step));
  }

  get entries(): readonly CheckpointEntry[] {
    return this.#index.checkpoints;
  }

  /** Throws DISK_FULL or FILE_IO with every earlier checkpoint whole. */
  save(c: CheckpointToSave): CheckpointEntry {
    const { step, epoch } = c.entry;
    const weights = `${step}.safetensors`;
    const state = `${step}.state.safetensors`;
    const before = this.entries.find((e) => e.step === step);
    const metrics = Object.fromEntries(Object.entries(c.entry.metrics).map(([tag, x]) => [tag, encodeNumber(x)]));
    let entry: CheckpointEntry;
    if (before && this.#known.has(step)) entry = { ...before, metrics: { ...before.metrics, ...metrics } };
    else {
      if (before) this.#replaceIndex(this.entries.filter((e) => e !== before));
      const bytes = this.#writePair(join(this.#dir, weights), join(this.#dir, state), c);
      entry = { step, epoch, weights, state, bytes, created: new Date().toISOString(), metrics };
    }
    const all = [...this.entries.filter((e) => e.step !== step), entry].sort((a, b) => a.step - b.step);
    this.#replaceIndex(kept(all, c.keep));
    this.#known.add(step);
    this.#removeUnnamed();
    return entry;
  }

  #writePair(weights: string, state: string, c: CheckpointToSave): number {
    try {
      return (
        writeSafetensors(weights, c.weights, c.weightsMetadata) +
        writeSafetensors(state, c.state, { ...c.stateMetadata, [entryKey]: toJson(c.entry) })
      );
    } catch (e) {
      this.#removeUnnamed(); // half a pair is of no use and takes room
      throw e;
    }
  }

  /** The newest pair that is whole; each damaged one on the way is told to `damaged`. */
  latest(damaged: (message: string) => void): StoredCheckpoint | undefined {
    for (const entry of this.entries.toReversed()) {
      const weightsPath = join(this.#dir, entry.weights);
      const statePath = join(this.#dir, entry.state);
      try {
        readSafetensors(weightsPath).close();
        readSafetensors(statePath).close();
        this.#known.add(entry.step);
        return { entry, weightsPath, statePath };
      } catch (e) {
        if (!(e instanceof UnsmoothError)) throw e;
        damaged(`checkpoint of step ${entry.step} skipped: ${e.message}`);
      }
    }
    return undefined;
  }

  /** Forgets checkpoints later than `step`: training goes on from there and writes them anew. */
  forgetAfter(step: number): void {
    if (this.entries.every((e) => e.step <= step)) return;
    this.#replaceIndex(this.entries.filter((e) => e.step <= step));
    this.#removeUnnamed();
  }

  #replaceIndex(checkpoints: CheckpointEntry[]): void {
    const index: CheckpointIndex = { version: 1, checkpoints };
    replaceJson(join(this.#dir, 'index.json'), index);
    this.#index = index;
  }

  #removeUnnamed(): void {
    const named = new Set(this.entries.flatMap((e) => [e.weights, e.state]));
    for (const name of readdirSync(this.#dir))
      if (name.endsWith(temporarySuffix) || (ownFile.test(name) && !named.has(name)))
        rmSync(join(this.#dir, name), { force: true });
  }
}

/** Undefined where there is none or it is damaged. */
function readIndex(dir: string): CheckpointIndex | undefined {
  try {
    return readJson(checkpointIndexFormat, join(dir, 'index.json'));
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === 'INPUT_INVALID') return undefined;
    throw e;
  }
}

const savedEntry = checkpointIndexSchema.shape.checkpoints.element.pick({ step: true, epoch: true, metrics: true });

/** The entry of a weights file `<step>.safetensors` that has its state beside it, both whole; else undefined. */
function wholePair(dir: string, weights: string): CheckpointEntry | undefined {
  const step = /^(\d+)\.safetensors$/.exec(weights)?.[1];
  if (step === undefined) return undefined;
  const state = `${step}.state.safetensors`;
  try {
    readSafetensors(join(dir, weights)).close();
    const file = readSafetensors(join(dir, state));
    file.close();
    const { epoch, metrics } = savedEntry.parse(JSON.parse(file.metadata[entryKey] ?? '{}'));
    const [w, s] = [weights, state].map((name) => statSync(join(dir, name)));
    const bytes = (w?.size ?? 0) + (s?.size ?? 0);
    return { step: Number(step), epoch, weights, state, bytes, created: w?.mtime.toISOString() ?? '', metrics };
  } catch {
    return undefined; // not whole: removed with what the index does not name
  }
}

/** The newest `keep` of entries ascending in step, and the best by val/top1 (of equals the newest). */
function kept(all: readonly CheckpointEntry[], keep: number): CheckpointEntry[] {
  const top1 = (e: CheckpointEntry) => decodeNumber(e.metrics['val/top1'] ?? 'NaN');
  let best: CheckpointEntry | undefined;
  for (const e of all) if (!Number.isNaN(top1(e)) && !(best && top1(e) < top1(best))) best = e;
  return all.filter((e, i) => i >= all.length - keep || e === best);
}
