// A run on disk, as its worker writes it. The folder is the truth: whatever dies whenever, what is here stays readable.
// Synchronous, for the computing thread; knows nothing of training. A full disk is DISK_FULL and any call may be tried again.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import type { LayersLine, MetricsLine } from '../../contract/saved/lines.ts';
import { type CheckpointEntry, type Run, runFormat } from '../../contract/saved/run.ts';
import { replaceFile, temporarySuffix, writeAll } from '../checkpoint/atomic-file.ts';
import { AppendFile } from './append-file.ts';
import { Checkpoints, type CheckpointToSave, type StoredCheckpoint } from './checkpoints.ts';
import { readJson, replaceJson, toJson } from './json-file.ts';
import { LogFile } from './log-file.ts';
import { type Ownership, takeOwnership } from './ownership.ts';
import { eventFileName, eventFileSeconds, eventRecord } from './tfevents.ts';

export class RunFolder {
  readonly dir: string;
  readonly attempt: number;
  readonly #ownership: Ownership;
  readonly #checkpoints: Checkpoints;
  readonly #metrics: AppendFile;
  readonly #layers: AppendFile;
  readonly #events: AppendFile;
  readonly #log: LogFile;
  #run: Run;

  private constructor(dir: string, run: Run, ownership: Ownership) {
    this.dir = dir;
    this.attempt = ownership.owner.attempt;
    this.#ownership = ownership;
    this.#run = run;
    for (const name of readdirSync(dir)) if (isLeftover(name)) rmSync(join(dir, name), { force: true });
    this.#log = new LogFile(join(dir, 'log.txt'));
    this.#checkpoints = new Checkpoints(join(dir, 'checkpoints'));
    this.#metrics = new AppendFile(join(dir, 'metrics.jsonl'));
    this.#layers = new AppendFile(join(dir, 'layers.jsonl'));
    this.#events = openEvents(dir, ownership);
  }

  /** Makes `dir` (it may exist, without a run in it) the folder of `run`. Throws FILE_IO, DISK_FULL, RUN_ALIVE. */
  static create(dir: string, run: Run, recipeYaml: string): RunFolder {
    if (existsSync(join(dir, 'run.json')))
      throw new UnsmoothError('FILE_IO', `${dir} holds a run already`, 'Choose another folder, or resume that run.');
    return naming(() => {
      mkdirSync(dir, { recursive: true });
      const ownership = takeOwnership(dir, 0);
      try {
        const first: Run = { ...run, attempts: ownership.owner.attempt };
        replaceFile(join(dir, 'recipe.yaml'), (fd) => writeAll(fd, Buffer.from(recipeYaml)));
        replaceJson(join(dir, 'run.json'), first);
        return new RunFolder(dir, first, ownership);
      } catch (e) {
        ownership.release();
        throw e;
      }
    });
  }

  /**
   * Takes over a run whose owner is dead. Throws RUN_NOT_FOUND, RUN_NEWER, RUN_ALIVE, RUN_NOT_RESUMABLE for a finished one,
   * INPUT_INVALID for a damaged run.json, FILE_IO, DISK_FULL.
   */
  static resume(dir: string): RunFolder {
    return naming(() => {
      const ownership = takeOwnership(dir, readRun(dir).attempts);
      try {
        const run: Run = { ...readRun(dir), attempts: ownership.owner.attempt }; // as its last owner left it
        if (run.status === 'done')
          throw new UnsmoothError(
            'RUN_NOT_RESUMABLE',
            `${dir}: the run is done`,
            'Start a new one from its recipe.yaml.',
          );
        replaceJson(join(dir, 'run.json'), run);
        return new RunFolder(dir, run, ownership);
      } catch (e) {
        ownership.release();
        throw e;
      }
    });
  }

  /** run.json as last written. */
  get run(): Run {
    return this.#run;
  }

  get checkpoints(): readonly CheckpointEntry[] {
    return this.#checkpoints.entries;
  }

  /** Throws RUN_ALIVE where a later attempt has taken the folder; cheap enough for every step. */
  assertOwner(): void {
    this.#ownership.assert();
  }

  /** Replaces the given fields of run.json. */
  updateRun(patch: Partial<Run>): void {
    this.assertOwner();
    const next = { ...this.#run, ...patch };
    replaceJson(join(this.dir, 'run.json'), next);
    this.#run = next;
  }

  /** One step's scalars, to metrics.jsonl and TensorBoard: both or none. Values may be NaN or infinite. */
  appendMetrics(line: MetricsLine): void {
    const { step, epoch: _epoch, wall: _wall, ...scalars } = line;
    const text = Buffer.from(`${toJson(line)}\n`);
    this.#metrics.append(text);
    const values = Object.fromEntries(Object.entries(scalars).map(([tag, x]) => [tag, decodeNumber(x)]));
    try {
      this.#events.append(eventRecord({ type: 'scalars', step, values }, now()));
    } catch (e) {
      this.#metrics.takeBack(text.length);
      throw e;
    }
  }

  appendLayers(line: LayersLine): void {
    this.#layers.append(Buffer.from(`${toJson(line)}\n`));
  }

  /** Marks in every record that training goes on from `step`; later checkpoints, which it will write anew, are forgotten. */
  resumedFrom(step: number): void {
    const marker = Buffer.from(`${toJson({ resumed_from: step })}\n`);
    for (const file of [this.#metrics, this.#layers]) {
      file.endTornLine();
      file.append(marker);
    }
    this.#events.append(eventRecord({ type: 'restart', step: step + 1 }, now()));
    this.#checkpoints.forgetAfter(step);
  }

  /** The metrics up to here reach the disk before the checkpoint counts. */
  saveCheckpoint(checkpoint: CheckpointToSave): CheckpointEntry {
    this.assertOwner();
    for (const file of [this.#metrics, this.#layers, this.#events]) file.sync();
    return this.#checkpoints.save(checkpoint);
  }

  /** The newest checkpoint whose two files are whole; damaged ones are logged and passed over. */
  latestCheckpoint(): StoredCheckpoint | undefined {
    return this.#checkpoints.latest((message) => this.log(message));
  }

  /** A line with its time in log.txt. Never throws for a full disk: the line waits for room. */
  log(text: string): void {
    this.#log.write(text);
  }

  /** Closes the files and gives up ownership. run.json is left as it is. */
  close(): void {
    for (const file of [this.#metrics, this.#layers, this.#events, this.#log]) file.close();
    this.#ownership.release();
  }
}

/** Half a file of a killed owner; the app's own (notes.json) may be in the making now. */
const isLeftover = (name: string) =>
  name.endsWith(temporarySuffix) && ['run.json.', 'owner.json.', 'recipe.yaml.'].some((file) => name.startsWith(file));

const now = () => Date.now() / 1000;

/** Reading run.json: a newer one may be looked at elsewhere, but not trained on here. */
function readRun(dir: string): Run {
  try {
    const run = readJson(runFormat, join(dir, 'run.json'));
    if (run) return run;
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === 'FORMAT_NEWER')
      throw new UnsmoothError('RUN_NEWER', e.message, e.hint, e.problems, { cause: e });
    throw e;
  }
  throw new UnsmoothError('RUN_NOT_FOUND', `${dir}: no run.json there`, 'Give the folder of a run.');
}

/** A new file each attempt, named later than every earlier one. */
function openEvents(dir: string, { owner }: Ownership): AppendFile {
  const earlier = readdirSync(dir).map((name) => eventFileSeconds(name) ?? 0);
  const seconds = Math.max(Math.floor(now()), ...earlier.map((s) => s + 1));
  const path = join(dir, eventFileName(seconds, owner.host, owner.pid, owner.attempt));
  writeFileSync(path, eventRecord({ type: 'version' }, now()), { flag: 'wx' });
  return new AppendFile(path);
}

/** Plain file errors get their code and hint. */
function naming<T>(work: () => T): T {
  try {
    return work();
  } catch (e) {
    throw UnsmoothError.from(e);
  }
}
