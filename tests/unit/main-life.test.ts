// The state machine of a worker: every state against every event; what is not listed is refused.
import { expect, test } from 'vitest';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Life, type LifeEvent, next, type Outcome } from '../../main/training/life.ts';

const error = new UnsmoothError('WORKER_PROTOCOL', 'broke the protocol');
const unsaid = new UnsmoothError('WORKER_DIED', 'died');
const outcome: Outcome = { kind: 'error', error: new UnsmoothError('STOPPED', 'stopped') };
const exit = { code: 0, signal: null };

const states: Record<string, Life> = {
  idle: { state: 'idle' },
  spawned: { state: 'spawned', pid: 1 },
  ready: { state: 'ready', pid: 1 },
  working: { state: 'working', pid: 1 },
  asked: { state: 'ending', pid: 1, why: 'asked' },
  said: { state: 'ending', pid: 1, why: 'said', outcome },
  condemned: { state: 'ending', pid: 1, why: 'condemned', outcome: { kind: 'error', error } },
  ended: { state: 'ended', outcome, exit },
};
const events: Record<LifeEvent['type'], LifeEvent> = {
  spawned: { type: 'spawned', pid: 1 },
  ready: { type: 'ready' },
  started: { type: 'started' },
  stop: { type: 'stop' },
  said: { type: 'said', outcome },
  condemned: { type: 'condemned', error },
  exited: { type: 'exited', exit, unsaid },
};
/** from → event → to; the rest is refused. */
const legal: Record<string, Partial<Record<LifeEvent['type'], string>>> = {
  idle: { spawned: 'spawned', exited: 'ended' },
  spawned: { ready: 'ready', stop: 'asked', said: 'said', condemned: 'condemned', exited: 'ended' },
  ready: { started: 'working', stop: 'asked', said: 'said', condemned: 'condemned', exited: 'ended' },
  working: { stop: 'asked', said: 'said', condemned: 'condemned', exited: 'ended' },
  asked: { said: 'said', condemned: 'condemned', exited: 'ended' },
  said: { exited: 'ended' },
  condemned: { exited: 'ended' },
  ended: {},
};
const nameOf = (life: Life) => (life.state === 'ending' ? life.why : life.state);

for (const [from, life] of Object.entries(states))
  for (const [type, event] of Object.entries(events)) {
    const to = legal[from]?.[event.type];
    test(`${from}, ${type}: ${to ?? 'refused'}`, () => {
      if (to === undefined) expect(() => next(life, event)).toThrow(/cannot be/);
      else expect(nameOf(next(life, event))).toBe(to);
    });
  }

test('what was said or condemned stands; otherwise the exit speaks', () => {
  const of = (name: string) => next(states[name] as Life, events.exited);
  expect(of('said')).toEqual({ state: 'ended', exit, outcome });
  expect(of('condemned')).toEqual({ state: 'ended', exit, outcome: { kind: 'error', error } });
  for (const name of ['idle', 'spawned', 'ready', 'working', 'asked'])
    expect(of(name)).toEqual({ state: 'ended', exit, outcome: { kind: 'error', error: unsaid } });
});
