// One computing job a device: the others wait in line, in this process by order of arrival, between processes by a lock file.
// It does not know what a job is.
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { withLock } from '../engines/lock.mjs';
import { makeFolder } from '../files/make-folder.ts';

export interface Turn {
  /** Names the process that works, so that its device stays taken where this process dies first. */
  workedBy(pid: number): void;
}

export interface Waiting {
  /** Called once where there is somebody ahead: the pid of another program that has the device, or null for one of this program. */
  queued?(pid: number | null): void;
  signal?: AbortSignal;
}

export class DeviceQueue {
  private readonly folder: string;
  private readonly last = new Map<string, Promise<unknown>>();

  /** `folder` holds one lock file per device. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Runs `work` when `device` is free. Throws STOPPED where `signal` fires before it began. */
  async run<T>(device: string, work: (turn: Turn) => Promise<T>, { queued, signal }: Waiting = {}): Promise<T> {
    const ahead = this.last.get(device);
    if (ahead) queued?.(null);
    const mine = this.take(ahead, device, work, { queued: ahead ? undefined : queued, signal });
    const settled = mine.catch(() => {}); // the caller hears of it; the next in line does not care
    this.last.set(device, settled);
    void settled.then(() => this.last.get(device) === settled && this.last.delete(device));
    return mine;
  }

  private async take<T>(
    ahead: Promise<unknown> | undefined,
    device: string,
    work: (turn: Turn) => Promise<T>,
    { queued, signal }: Waiting,
  ): Promise<T> {
    await turnCame(ahead, signal);
    makeFolder(this.folder);
    let began = false;
    try {
      return await withLock(
        path.join(this.folder, `${device}.lock`),
        async (hold) => {
          began = true;
          return work({ workedBy: (pid) => hold.child(pid) });
        },
        { onWait: (pid) => queued?.(pid), signal },
      );
    } catch (e) {
      if (!began && signal?.aborted) throw stopped();
      throw e;
    }
  }
}

const stopped = () => new UnsmoothError('STOPPED', 'stopped while it waited for the device');

async function turnCame(ahead: Promise<unknown> | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw stopped();
  if (!ahead) return;
  await new Promise<void>((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(stopped()), { once: true });
    void ahead.then(() => resolve());
  });
}
