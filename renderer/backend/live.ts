// The services behind the window, over the preload's bridge.
import type { AnswerOf, Bridge } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Backend } from './backend.ts';

export function liveBackend(bridge: Bridge): Backend {
  return {
    kind: 'live',
    async call(name, args) {
      const answer = await bridge.call(name, plain(args));
      if (!answer.ok) throw UnsmoothError.fromData(answer.error);
      return answer.value as AnswerOf<typeof name>;
    },
    pathOf: (dropped) => bridge.pathOf(dropped),
    on: (event, listener) => bridge.on(event, listener),
  };
}

/** A copy without reactive proxies, which cannot cross to another process. Bytes stay bytes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
}
