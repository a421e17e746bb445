// The IPC channel of a worker process as typed messages. It knows the wire, not the jobs.
import { UnsmoothError } from '../contract/errors.ts';
import { type FromWorker, fromWorker, type ToWorker, toWorker } from '../contract/worker-api.ts';

export interface Channel {
  /** Throws WORKER_PROTOCOL for a message of ours that breaks the contract. */
  send(message: FromWorker): void;
  /** Resolves when everything sent before has left the process, or the supervisor is gone. */
  flushed(): Promise<void>;
}

export interface ChannelEvents {
  message(message: ToWorker): void;
  /** A message that does not parse. */
  refused(error: UnsmoothError): void;
  /** The supervisor is gone. */
  lost(): void;
}

/** Opens the channel of this process, or undefined where it was started by hand. */
export function openChannel(events: ChannelEvents): Channel | undefined {
  if (!process.send) return undefined;
  const pending = new Set<Promise<void>>();
  process.on('message', (raw) => {
    const parsed = toWorker.safeParse(raw);
    if (parsed.success) return events.message(parsed.data);
    events.refused(protocolError('from the supervisor', parsed.error.issues[0]));
  });
  process.on('disconnect', () => events.lost());
  return {
    send(message) {
      const checked = fromWorker.safeParse(message);
      if (!checked.success) throw protocolError(`from the worker (${message.type})`, checked.error.issues[0]);
      if (!process.connected) return;
      const sent = new Promise<void>((resolve) => {
        process.send?.(checked.data, undefined, undefined, () => resolve());
      });
      pending.add(sent);
      void sent.then(() => pending.delete(sent));
    },
    async flushed() {
      await Promise.all(pending);
    },
  };
}

function protocolError(whose: string, issue: { path: PropertyKey[]; message: string } | undefined): UnsmoothError {
  const where = issue?.path.map(String).join('.') || 'message';
  return new UnsmoothError(
    'WORKER_PROTOCOL',
    `a message ${whose} does not follow the protocol: ${where}: ${issue?.message}`,
    'Both sides must be of the same version: run the set-up again.',
    [{ where, message: issue?.message ?? '' }],
  );
}
