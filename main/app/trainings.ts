// The trainings that this program supervises: what each is doing now, and how it ends. What a run is stands in its folder; here is only
// what no folder says: that it waits, how far it is, how long it will take.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RunRow } from '../../contract/app/runs.ts';
import type { TrainingState } from '../../contract/app/training.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { liveStatuses, notesFormat, runFormat } from '../../contract/saved/run.ts';
import type { FromWorker, JobOf } from '../../contract/worker-api.ts';
import { readJsonFile } from '../files/json-file.ts';
import { runRow } from '../runs/summary.ts';
import type { ReadableRun } from '../runs/view.ts';
import { type JobHandle, startWorker } from '../training/start.ts';
import type { AppContext } from './context.ts';
import type { Overlay } from './library.ts';
import { Pace } from './pace.ts';
import { keepUnbegun, pendingRun } from './pending-run.ts';

type TrainingJob = JobOf<'train'> | JobOf<'resume'>;

interface Active {
  id: string;
  name: string;
  job: TrainingJob;
  handle: JobHandle;
  state: TrainingState;
  pace: Pace;
  ending: false | 'stop' | 'interrupt';
  /** Its worker has said how the run stands: from then on run.json is right. */
  spoke: boolean;
  created: string;
  over: Promise<void>;
}

const eventMs = 250;

export class Trainings implements Overlay {
  readonly #app: AppContext;
  readonly #active = new Map<string, Active>();
  readonly #changed: (id: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `changed`: a run's folder is not what it was. */
  constructor(app: AppContext, changed: (id: string) => void) {
    this.#app = app;
    this.#changed = changed;
  }

  has = (id: string): boolean => this.#active.has(id);
  states = (): TrainingState[] => [...this.#active.values()].map((a) => ({ ...a.state }));
  busy = (): { id: string; name: string }[] => [...this.#active.values()].map((a) => ({ id: a.id, name: nameNow(a) }));

  /** The job's folder exists. */
  begin(job: TrainingJob, name: string): string {
    const id = path.basename(job.dir);
    const state: TrainingState = {
      id,
      state: 'waiting',
      step: 0,
      steps: null,
      note: '',
      eta_s: null,
      images_per_s: null,
    };
    const handle = startWorker(job, {
      ...this.#app.worker,
      queue: this.#app.queue,
      message: (message) => this.#heard(id, message),
      life: ({ state: life }) => {
        if (life === 'spawned') this.#update(id, { state: 'working', note: 'starting' });
      },
      // May be called before this training is among the active ones.
      queued: (pid) => {
        state.note = pid === null ? 'another job computes on the device' : `process ${pid} computes on the device`;
        this.#tell();
      },
    });
    const active: Active = {
      ...{ id, name, job, handle, state },
      pace: new Pace(),
      ending: false,
      spoke: false,
      created: new Date().toISOString(),
      over: Promise.resolve(),
    };
    this.#active.set(id, active);
    active.over = handle.done.then(
      () => this.#ended(id),
      (e: unknown) => this.#ended(id, e),
    );
    this.#tell();
    return id;
  }

  /** Throws RUN_NOT_FOUND where this program does not train it. */
  orders(id: string): JobHandle {
    return this.#get(id).handle;
  }

  stop(id: string): void {
    this.#end(this.#get(id), 'stop');
  }

  async interruptAll(): Promise<void> {
    const all = [...this.#active.values()];
    for (const active of all) this.#end(active, 'interrupt');
    await Promise.all(all.map((a) => a.over));
  }

  row(row: RunRow): RunRow {
    const active = this.#active.get(row.id);
    if (!active) return row;
    const pending = this.pending(row.id);
    if (pending) return { ...runRow(pending), elsewhere: false };
    if (!active.spoke) return { ...row, elsewhere: false, status: this.#beforeItsWorker(active), reason: '' };
    const live = liveStatuses.some((s) => s === row.status);
    return { ...row, elsewhere: false, status: live && active.ending ? 'stopping' : row.status };
  }

  pending(id: string): ReadableRun | undefined {
    const active = this.#active.get(id);
    if (active?.job.type !== 'train' || existsSync(path.join(active.job.dir, 'run.json'))) return undefined;
    const status = this.#beforeItsWorker(active);
    return {
      kind: 'run',
      id,
      dir: active.job.dir,
      run: pendingRun(active.job, status, active.created),
      notes: readJsonFile(notesFormat, path.join(active.job.dir, 'notes.json')) ?? null,
      status,
      reason: '',
      alive: true,
    };
  }

  #beforeItsWorker = (active: Active) => (active.state.state === 'waiting' ? 'queued' : 'starting');

  #get(id: string): Active {
    const active = this.#active.get(id);
    if (active) return active;
    throw new UnsmoothError(
      'RUN_NOT_FOUND',
      `run ${id} is not trained by this program`,
      'It ended, or another program trains it.',
    );
  }

  #end(active: Active, how: 'stop' | 'interrupt'): void {
    active.ending = how;
    this.#update(active.id, { note: 'stopping' });
    active.handle[how]();
    this.#changed(active.id);
  }

  #heard(id: string, message: FromWorker): void {
    const active = this.#active.get(id);
    if (!active) return;
    if (message.type === 'status') {
      active.spoke = true;
      if (message.reason && message.status === 'paused')
        this.#app.problem(new UnsmoothError('DISK_FULL', `${nameNow(active)}: ${message.reason}`));
      const note = active.ending ? 'stopping' : message.status === 'running' ? '' : message.status;
      this.#update(id, { note });
      this.#changed(id);
    } else if (message.type === 'metrics') {
      for (const line of message.lines) {
        const rate = line['perf/images_per_s'];
        active.pace.step(line.step, line.wall, rate === undefined ? null : decodeNumber(rate));
      }
      const steps = active.state.steps ?? stepsOf(active.job.dir);
      const step = message.lines.at(-1)?.step ?? active.state.step;
      this.#update(id, { step, steps, eta_s: active.pace.eta(steps), images_per_s: active.pace.imagesPerSecond() });
    } else if (message.type === 'checkpoint') this.#changed(id);
  }

  #ended(id: string, error?: unknown): void {
    const active = this.#active.get(id);
    try {
      if (active?.job.type === 'train' && active.ending === 'interrupt') keepUnbegun(active.job, active.created);
    } catch (e) {
      this.#app.problem(e);
    }
    this.#active.delete(id);
    this.#tell();
    this.#changed(id);
    if (error === undefined) return;
    const { code, message, hint, problems } = UnsmoothError.from(error);
    if (code === 'STOPPED') return;
    const said = hint.replace('with `unsmooth resume`', 'with Resume').replace('`unsmooth resume`', 'Resume');
    this.#app.problem(new UnsmoothError(code, `${active ? nameNow(active) : id}: ${message}`, said, problems));
  }

  #update(id: string, change: Partial<TrainingState>): void {
    const active = this.#active.get(id);
    if (!active) return;
    const waited = active.state.state;
    Object.assign(active.state, change);
    if (waited !== active.state.state) this.#changed(id);
    this.#tell();
  }

  /** At most four times a second. */
  #tell(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#app.emit('trainings', this.states());
    }, eventMs);
  }
}

/** The user may have given it another one since. */
function nameNow({ job, name }: Active): string {
  try {
    return readJsonFile(notesFormat, path.join(job.dir, 'notes.json'))?.name ?? name;
  } catch {
    return name; // damaged: the list says so
  }
}

function stepsOf(dir: string): number | null {
  try {
    return readJsonFile(runFormat, path.join(dir, 'run.json'))?.progress?.steps ?? null;
  } catch {
    return null; // damaged: the list says so
  }
}
