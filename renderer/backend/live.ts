// The services behind the window, over the preload's bridge.
import type { AnswerOf, Bridge } from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Backend } from './backend.ts';

export function liveBackend(bridge: Bridge): Backend {
  return {
    kind: 'live',
    async call(name, args) {
      const answer = await bridge.call(name, args);
      if (!answer.ok) throw UnsmoothError.fromData(answer.error);
      return answer.value as AnswerOf<typeof name>;
    },
    on: (event, listener) => bridge.on(event, listener),
  };
}
