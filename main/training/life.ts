// The life of one worker process as a state machine, apart from how it is spawned and what is sent: one function, no clock, no process.
import { UnsmoothError } from '../../contract/errors.ts';
import type { JobResult } from '../../contract/worker-api.ts';

export type Outcome = { kind: 'result'; result: JobResult } | { kind: 'error'; error: UnsmoothError };

/** How the process ended, as the system tells it; both null where it never began. */
export interface Exit {
  code: number | null;
  signal: string | null;
}

export type Life =
  /** Not begun; a job that waits for its device is idle. */
  | { state: 'idle' }
  /** The process exists and has not spoken. */
  | { state: 'spawned'; pid: number }
  /** It speaks our protocol and has no job. */
  | { state: 'ready'; pid: number }
  | { state: 'working'; pid: number }
  /** asked: told to stop; said: it gave its last message; condemned: it broke a rule and is being killed. */
  | { state: 'ending'; pid: number; why: 'asked' }
  | { state: 'ending'; pid: number; why: 'said' | 'condemned'; outcome: Outcome }
  | { state: 'ended'; outcome: Outcome; exit: Exit };

export type LifeEvent =
  | { type: 'spawned'; pid: number }
  | { type: 'ready' }
  | { type: 'started' }
  | { type: 'stop' }
  | { type: 'said'; outcome: Outcome }
  | { type: 'condemned'; error: UnsmoothError }
  /** `unsaid`: what to report where the worker had not said how it ended. */
  | { type: 'exited'; exit: Exit; unsaid: UnsmoothError };

const condemned = (pid: number, error: UnsmoothError): Life => ({
  state: 'ending',
  pid,
  why: 'condemned',
  outcome: { kind: 'error', error },
});
const ended = (event: Extract<LifeEvent, { type: 'exited' }>, said?: Outcome): Life => ({
  state: 'ended',
  exit: event.exit,
  outcome: said ?? { kind: 'error', error: event.unsaid },
});

/** The next state. Throws INTERNAL for a transition that must not happen. */
export function next(life: Life, event: LifeEvent): Life {
  switch (life.state) {
    case 'idle':
      if (event.type === 'spawned') return { state: 'spawned', pid: event.pid };
      if (event.type === 'exited') return ended(event);
      break;
    case 'spawned':
    case 'ready':
    case 'working': {
      const { pid } = life;
      if (event.type === 'ready' && life.state === 'spawned') return { state: 'ready', pid };
      if (event.type === 'started' && life.state === 'ready') return { state: 'working', pid };
      if (event.type === 'stop') return { state: 'ending', pid, why: 'asked' };
      if (event.type === 'said') return { state: 'ending', pid, why: 'said', outcome: event.outcome };
      if (event.type === 'condemned') return condemned(pid, event.error);
      if (event.type === 'exited') return ended(event);
      break;
    }
    case 'ending':
      if (event.type === 'exited') return ended(event, life.why === 'asked' ? undefined : life.outcome);
      if (life.why !== 'asked') break;
      if (event.type === 'said') return { state: 'ending', pid: life.pid, why: 'said', outcome: event.outcome };
      if (event.type === 'condemned') return condemned(life.pid, event.error);
      break;
    case 'ended':
      break;
    default:
      return life satisfies never;
  }
  throw new UnsmoothError('INTERNAL', `a worker that is ${life.state} cannot be ${event.type}`);
}
